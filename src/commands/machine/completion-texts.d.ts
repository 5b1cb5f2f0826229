// The completion scripts, which the build puts into the program as texts.
declare module "*/fob.bash" {
  const script: string;
  export default script;
}
declare module "*/_fob" {
  const script: string;
  export default script;
}
declare module "*/fob.fish" {
  const script: string;
  export default script;
}
declare module "*/fob.ps1" {
  const script: string;
  export default script;
}
