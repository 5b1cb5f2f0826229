import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EnrollmentDraft } from "#enrollment/draft.ts";
import { cleanText } from "#token/clean-name.ts";
import { expectTokens, RFC, readText, timeBased } from "./reading.ts";

const uri = (label: string, more = "", secret: string = RFC.base32) =>
  `otpauth://totp/${label}?secret=${secret}${more}`;
const ann = { issuer: "Site", account: "ann", credential: timeBased() };
const BOBS_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const bob = {
  issuer: "Big Site",
  account: "bob",
  secret: Buffer.from("48656c6c6f21deadbeef".repeat(2), "hex"),
  credential: timeBased({ algorithm: "SHA512", digits: 8, period: 60 }),
};
const BOB = uri(
  "Big%20Site:bob",
  "&issuer=Big%20Site&algorithm=SHA512&digits=8&period=60",
  BOBS_SECRET,
);
const NO_CODE = "left out: 1 entry without a one-time password";

/**
 * Two entries with a token and one without, as each password manager writes them: columns after
 * pass-import's and Bitwarden's importers and Proton Pass's test data, values our own.
 */
const EXPORTS: readonly [format: string, app: string, lines: string[], remarks: string[]][] = [
  [
    "1password",
    "1Password",
    [
      "Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes",
      `"Site","https://site.example","ann","a,b","${uri("Site:ann")}","false","false","work,home",""`,
      `"Big Site","","bob","x","${BOB}","true","false","work","two`,
      'lines, and a ""quote"""',
      '"None","","cid","x","","false","false","other","note"',
    ],
    [NO_CODE],
  ],
  [
    "1password",
    "1Password",
    [
      "Title,Website,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes",
      `Site,https://site.example,ann,x,${uri("Site:ann")},false,false,,`,
      `Big Site,,bob,x,${BOB},true,false,,`,
      "None,,cid,x,,false,false,,",
    ],
    [NO_CODE],
  ],
  [
    "apple-passwords",
    "Apple Passwords",
    [
      "Title,URL,Username,Password,Notes,OTPAuth",
      `Site,https://site.example/,ann,x,,${uri("Site:ann")}`,
      `Big Site,,bob,x,a note,${BOB}`,
      "None,,cid,x,,",
    ],
    [NO_CODE],
  ],
  [
    "lastpass",
    "LastPass",
    [
      "url,username,password,totp,extra,name,grouping,fav",
      `https://site.example,ann,x,${RFC.base32},,Site,work,0`,
      `https://big.example,bob,x,${BOB},note,Big Site,home\\old,0`,
      'http://sn,,,,"NoteType:Server',
      'Notes:none",None,other,0',
    ],
    [NO_CODE],
  ],
  [
    "dashlane",
    "Dashlane",
    [
      "username,username2,username3,title,password,note,url,category,otpUrl",
      `ann,,,Site,x,,https://site.example,work,${uri("Site:ann")}`,
      `,bob,,Big Site,x,,,,${BOB}`,
      ",,,None,x,,,,",
    ],
    [NO_CODE],
  ],
  [
    "dashlane",
    "Dashlane",
    [
      "username,username2,username3,title,password,note,url,category,otpSecret",
      `ann,,,Site,x,,,,${RFC.base32}`,
      `bob,,,Big Site,x,,,,${BOB}`,
      "cid,,,None,x,,,,",
    ],
    [NO_CODE],
  ],
  [
    "safeincloud",
    "SafeInCloud",
    [
      '"Title","Login","Password","URL","Notes","OTP"',
      `"Site","ann","x","https://site.example","","${RFC.base32}"`,
      `"Big Site","bob","x","","","${BOB}"`,
      '"None","cid","x","","note",""',
    ],
    [NO_CODE],
  ],
  [
    "nordpass",
    "NordPass",
    [
      "name,url,additional_urls,username,password,note,cardholdername,cardnumber,cvc,pin,expirydate,zipcode,folder,full_name,phone_number,email,address1,address2,city,country,state,type,custom_fields",
      "work,,,,,,,,,,,,,,,,,,,,,folder,",
      `Site,https://site.example,,ann,x,note,,,,,,,work,,,,,,,,,password,"[{""label"":""code"",""type"":""hidden"",""value"":""${uri("Site:ann")}""},{""label"":""x"",""type"":""text"",""value"":""y""}]"`,
      `Big Site,,,bob,x,,,,,,,,,,,,,,,,,password,"[{""label"":""code"",""type"":""text"",""value"":""${BOB}""}]"`,
      "None,,,cid,x,,,,,,,,,,,,,,,,,password,",
    ],
    [NO_CODE],
  ],
  [
    "proton-pass",
    "Proton Pass",
    [
      "type,name,url,email,username,password,note,totp,createTime,modifyTime,vault",
      `login,Site,"https://a.example, https://b.example",ann@site.example,ann,x,,${uri("Site:ann")},1700000000,1700000000,Personal`,
      `login,Big Site,,bob,,x,,${BOB},1700000000,1700000000,Work`,
      'creditCard,None,,,,,"{""pin"":""1234""}",,1700000000,1700000000,Work',
    ],
    [NO_CODE],
  ],
  [
    "proton-pass",
    "Proton Pass",
    [
      "type,name,url,username,password,note,totp,createTime,modifyTime",
      `login,Site,,ann,x,,${RFC.base32},1700000000,1700000000`,
      `login,Big Site,,bob,x,,${BOB},1700000000,1700000000`,
      "note,None,,,,text,,1700000000,1700000000",
    ],
    [NO_CODE],
  ],
  [
    "keeper",
    "Keeper",
    [
      `"work","Site","ann","x","https://site.example","","","TFC:Keeper","${uri("Site:ann")}"`,
      `"work\\old","Big Site","bob","x","","a note","shared","Account ID","12345","TFC:Keeper","${BOB}"`,
      '"","None","cid","x","","","","Hidden Field","y"',
    ],
    [NO_CODE],
  ],
  [
    "keeper",
    "Keeper",
    [
      "Folder,Title,Login,Password,Website Address,Notes,Shared Folder,Custom Fields",
      `,Site,ann,x,,,,$oneTimeCode,${uri("Site:ann")}`,
      `,Big Site,bob,x,,,,Phone,1,$oneTimeCode::1,${BOB}`,
      ",None,cid,x,,,",
    ],
    [NO_CODE],
  ],
  [
    "enpass",
    "Enpass",
    [
      `"Site","Username","ann","E-mail","","*Password","x","Website","https://site.example","*TOTP","${RFC.base32}"`,
      `"Big Site","Username","","E-mail","bob","*Password","x","One-time code","${BOB}","a note"`,
      '"None","Username","cid","*Password","x"',
    ],
    [NO_CODE],
  ],
  [
    "enpass",
    "Enpass",
    [
      '"Title","Field","Value","Field","Value",.........,"Note"',
      `"Site","TOTP","${RFC.base32}","username","ann","password","x",""`,
      `"Big Site","username","bob","TOTP","${BOB}",""`,
      '"None","note only"',
    ],
    [NO_CODE],
  ],
  [
    "bitwarden",
    "Bitwarden",
    [
      "folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp",
      `work,,login,Site,note,,0,,ann,x,${RFC.base32}`,
      `,,login,Big Site,,,0,,bob,x,${BOB}`,
      "other,,login,None,note,,0,,cid,x,",
    ],
    [NO_CODE],
  ],
  [
    "keepassxc",
    "KeePassXC",
    [
      '"Group","Title","Username","Password","URL","Notes","TOTP","Icon","Last Modified","Created"',
      `"Root","Site","ann","x","","","${uri("Site:ann")}","0","2026","2026"`,
      `"Root/Work","Big Site","bob","x","","note","${BOB}","0","2026","2026"`,
      '"Root","None","cid","x","","","","0","2026","2026"',
    ],
    [NO_CODE],
  ],
];

/** What tells entries apart. */
function partsOf({
  issuer,
  account,
  secret,
}: Pick<EnrollmentDraft, "issuer" | "account" | "secret">) {
  return { issuer, account, secret: Buffer.from(secret).toString("hex") };
}

describe("a CSV export", () => {
  test.each(EXPORTS)("of %s (%s) gives its tokens, and counts the rest", async (...row) => {
    const [format, app, lines, remarks] = row;
    for (const text of [lines.join("\n"), `\ufeff${lines.join("\r\n")}\r\n`]) {
      const content = await expectTokens(text, format, [ann, bob]);
      expect([content.app, content.remarks]).toEqual([app, remarks]);
    }
  });

  test.each(
    EXPORTS.filter(([format, , [header = ""]]) => format !== "keeper" && !header.startsWith('"')),
  )("of %s (%s) is read with semicolons and tabs, and in any order of columns", async (...row) => {
    const [format, , [header = ""]] = row;
    const names = header.split(",");
    const cells = new Map([
      ...["name", "title"].map((name) => [name, "Site"] as const),
      ...["username", "login", "login_username"].map((name) => [name, "ann"] as const),
      ...["totp", "otpauth", "otpurl", "otpsecret", "login_totp"].map(
        (name) => [name, uri("Site:ann")] as const,
      ),
      [
        "custom_fields",
        `"[{""label"":""a"",""type"":""text"",""value"":""${uri("Site:ann")}""}]"`,
      ] as const,
    ]);
    for (const delimiter of [",", ";", "\t"]) {
      for (const order of [names, names.toReversed()]) {
        const values = order.map((name) => cells.get(name.toLowerCase()) ?? "");
        const text = [order, values].map((line) => line.join(delimiter)).join("\n");
        await expectTokens(text, format, [ann]);
        await expectTokens(`sep=${delimiter}\r\n${text}`, format, [ann]);
      }
    }
  });

  test.each(EXPORTS)("of %s (%s) with a bad entry gives the others", async (...row) => {
    const [, , lines] = row;
    const bad = lines.join("\n").replace(RFC.base32, "not!Base32");
    const { drafts, refusals } = await readText(bad);
    expect(drafts).toMatchObject([{ issuer: "Big Site" }]);
    expect(refusals).toEqual([
      expect.stringMatching(/^Site:ann: (?:secret has a character|this is not an enrollment)/),
    ]);
    expect(refusals.join()).not.toContain("not!Base32");
  });

  test.each(EXPORTS)("of %s (%s) that was cut off gives only whole entries", async (...row) => {
    const whole = row[2].join("\n");
    const known = (await readText(whole)).drafts.map(partsOf);
    for (let at = 0; at < whole.length; at += 7) {
      const cut = await readText(whole.slice(0, at)).catch((error) => error);
      if (cut instanceof Error)
        expect(cut.message).toMatch(/damaged|is empty|not a file that fob knows/);
      // where the last cell is the secret, nothing tells that some of it is missing
      else {
        const sure = cut.drafts.slice(0, -1);
        expect(sure.map(partsOf)).toEqual(known.slice(0, sure.length));
      }
    }
  });

  test("that ends in a quoted cell is damaged, and one that ends in a row says so", async () => {
    const header = "url,username,password,totp,extra,name,grouping,fav";
    await expect(readText(`${header}\nu,ann,x,${RFC.base32},"a note that`)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(/begins like CSV, and is damaged/),
    });
    const { drafts, refusals } = await readText(
      `${header}\nu,ann,x,${RFC.base32},,Site,,0\nu,bob,x,${RFC.base32.slice(0, 16)}`,
    );
    expect([drafts.length, refusals]).toEqual([1, ["bob: the file ends in this row"]]);
  });

  test.each(["\n", "\r\n"])(
    "with a quote that nothing closes gives the rows before it (%j)",
    async (end) => {
      const lines = [
        "url,username,password,totp,extra,name,grouping,fav",
        `u,ann,"two${end}lines",${RFC.base32},"a ""note""",Site,,0`,
        "u,eve,x",
        "",
        `u,bob,"open,${RFC.base32},,Second,,0`,
        `u,cid,x,${RFC.base32},,Third,,0`,
      ];
      for (const [before, line] of [
        ["", 6],
        [`sep=,${end}`, 7],
      ] as const) {
        const { drafts, refusals } = await readText(before + lines.join(end));
        expect(drafts).toMatchObject([{ issuer: "Site", account: "ann" }]);
        expect(refusals).toEqual([
          `line ${line}: a quote is not closed, so that this line and what follows cannot be read`,
        ]);
      }
    },
  );

  test("with no token at all tells how many entries there are", async () => {
    const content = await readText(
      "name,url,username,password,note,cardholdername,folder\nSite,,ann,x,,,work\nOther,,bob,x,,,work",
    );
    expect(content).toMatchObject({
      ...{ app: "NordPass", drafts: [], refusals: [] },
      remarks: ["left out: 2 entries without a one-time password"],
    });
  });

  test.each([
    ["another app's columns", `Title,TOTP,Note,Password\nx,${RFC.base32},y,z`],
    ["a browser's passwords", "name,url,username,password,note\nx,https://x.example,ann,y,z"],
    ["a word about a field of Keeper", "this text, which mentions TFC:Keeper, is no export"],
    ["a table about one-time codes", "Topic,TOTP,Username,Password\none-time,a,b,c"],
    ["JSON with such a word in its first line", '"totp, and more"'],
    ["a table that is damaged", 'a,totp\n"'],
    ["a sentence", "hello, world; this is no table"],
  ])("is not what %s is taken for", async (_, text) => {
    await expect(readText(text)).rejects.toThrow(/is not a file that fob knows/);
  });

  test("of any names gives these names", async () => {
    const name = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
      .filter((text) => cleanText(text).name === text);
    await fc.assert(
      fc.asyncProperty(name, name, async (issuer, account) => {
        fc.pre(!account.toLowerCase().startsWith(`${issuer.toLowerCase()}:`));
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const lines = [
          "Title,URL,Username,Password,Notes,OTPAuth",
          [quoted(issuer), "", quoted(account), "", "", RFC.base32].join(","),
        ];
        expect((await readText(lines.join("\n"))).drafts).toMatchObject([{ issuer, account }]);
      }),
      { numRuns: 200 },
    );
  });
});
