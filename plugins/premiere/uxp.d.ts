// What UXP gives to require() and its declarations leave out.
declare module "premierepro" {
  const premiere: import("@adobe/premierepro").premierepro;
  export = premiere;
}
