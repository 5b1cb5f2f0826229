class Fob < Formula
  desc "Software key fob for the terminal"
  homepage "@HOMEPAGE@"
  url "@URL@"
  sha256 "@SHA256@"
  license "MIT"

  depends_on "node"

  def install
    system "npm", "install", *std_npm_args
    bin.install_symlink libexec.glob("bin/*")
    package = libexec/"lib/node_modules/fob"
    man1.install_symlink package.glob("man/*.1")
    man7.install_symlink package.glob("man/*.7")
    bash_completion.install_symlink package/"completions/fob.bash" => "fob"
    zsh_completion.install_symlink package/"completions/_fob"
    fish_completion.install_symlink package/"completions/fob.fish"
  end

  test do
    ENV["FOB_HOME"] = testpath
    ENV["FOB_KEYCHAIN"] = "file"
    pipe_output("#{bin}/fob enroll --name test -", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 0)
    assert_equal "287082", shell_output("#{bin}/fob code test --at @59").strip
  end
end
