import java.io.FileOutputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Writes `externalBackup.xml` as FreeOTP 2 does, with Java's own serialization and cryptography.
 *
 *     java SealFreeOtp.java PASSWORD FILE [UUID DESCRIPTION SECRET_HEX ALGORITHM]...
 */
class SealFreeOtp {
  static String bytes(byte[] values) {
    return IntStream.range(0, values.length)
        .mapToObj(i -> String.valueOf(values[i]))
        .collect(Collectors.joining(",", "[", "]"));
  }

  static String quote(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("/", "\\/") + "\"";
  }

  static String seal(SecretKey with, byte[] secret, String token) throws Exception {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(Cipher.ENCRYPT_MODE, with);
    cipher.updateAAD(token.getBytes(StandardCharsets.UTF_8));
    String text = bytes(cipher.doFinal(secret));
    byte[] encoded = cipher.getParameters().getEncoded();
    // some versions of Android write the nonce alone
    boolean isBare = token.equals("HmacSHA256");
    String parameters = bytes(isBare ? Arrays.copyOfRange(encoded, 2, 16) : encoded);
    return "{\"mCipher\":\"AES/GCM/NoPadding\",\"mCipherText\":" + text
        + ",\"mParameters\":" + parameters + ",\"mToken\":" + quote(token) + "}";
  }

  static byte[] fromHex(String hex) {
    byte[] result = new byte[hex.length() / 2];
    for (int i = 0; i < result.length; i++)
      result[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
    return result;
  }

  public static void main(String[] args) throws Exception {
    SecureRandom random = new SecureRandom();
    byte[] salt = new byte[32];
    byte[] master = new byte[32];
    random.nextBytes(salt);
    random.nextBytes(master);
    PBEKeySpec spec = new PBEKeySpec(args[0].toCharArray(), salt, 100000, 256);
    SecretKeyFactory factory = SecretKeyFactory.getInstance("PBKDF2withHmacSHA512");
    SecretKey password = new SecretKeySpec(factory.generateSecret(spec).getEncoded(), "AES");
    Map<String, Object> map = new HashMap<>();
    map.put("masterKey", "{\"mAlgorithm\":\"PBKDF2withHmacSHA512\",\"mEncryptedKey\":"
        + seal(password, master, "AES") + ",\"mIterations\":100000,\"mSalt\":" + bytes(salt) + "}");
    map.put("provisioned", true);
    map.put("opened", 3);
    map.put("shown", 4L);
    for (int i = 2; i < args.length; i += 4) {
      String key = seal(new SecretKeySpec(master, "AES"), fromHex(args[i + 2]), args[i + 3]);
      map.put(args[i], "{\"key\":" + quote(key) + "}");
      map.put(args[i] + "-token", args[i + 1]);
    }
    try (ObjectOutputStream out = new ObjectOutputStream(new FileOutputStream(args[1]))) {
      out.writeObject(map);
    }
  }
}
