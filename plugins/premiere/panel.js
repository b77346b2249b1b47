// @ts-check
"use strict";

const ppro = require("premierepro");
/** UXP's own, which is not Node's. @type {{readFile(url: string, options: {encoding: string}): Promise<string | ArrayBuffer>}} */
const fs = /** @type {any} */ (require("fs"));
const { NotCaptioned, bringIn, selection } = require("./host.js");

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const files = {
  /** @param {string} path */
  async read(path) {
    const url = `file:${path.startsWith("/") ? "" : "/"}${path.replace(/\\/g, "/")}`;
    try {
      return String(await fs.readFile(url, { encoding: "utf-8" }));
    } catch {
      return null;
    }
  },
};

/**
 * Return the command that captions a file, for the shell of the system the path belongs to.
 * @param {string} path
 */
function command(path) {
  const quoted = /^[A-Za-z]:|^\\\\/.test(path) ? `"${path}"` : `'${path.replace(/'/g, `'\\''`)}'`;
  return `media-captioner caption --formats vtt,srt,xmp,premiere -- ${quoted}`;
}

/**
 * Add a result to the list. Names and messages are text, never markup.
 * @param {"done" | "open" | "failed"} kind
 * @param {string} name
 * @param {string[]} lines
 * @param {string} [code]
 */
function tell(kind, name, lines, code) {
  const item = document.createElement("li");
  item.className = kind;
  const title = document.createElement("strong");
  title.textContent = name;
  item.appendChild(title);
  for (const line of lines) {
    const text = document.createElement("div");
    text.textContent = line;
    item.appendChild(text);
  }
  if (code) {
    const shown = document.createElement("code");
    shown.textContent = code;
    const copy = document.createElement("button");
    copy.type = "button";
    copy.textContent = "Copy the command";
    copy.addEventListener("click", () => void navigator.clipboard.writeText(code));
    item.appendChild(shown);
    item.appendChild(copy);
  }
  element("results").appendChild(item);
}

async function run() {
  const button = /** @type {HTMLButtonElement} */ (element("bring"));
  button.disabled = true;
  element("results").textContent = "";
  try {
    const { project, items } = await selection(ppro);
    for (const [index, item] of items.entries()) {
      element("lead").textContent = `${index + 1} of ${items.length}: ${item.name}`;
      try {
        const done = await bringIn(ppro, files, project, item);
        tell("done", item.name, [`${done.markers} marker${done.markers === 1 ? "" : "s"}`, ...done.notes]);
      } catch (error) {
        if (error instanceof NotCaptioned) {
          tell("open", item.name, ["Not captioned yet. Run this in a terminal, then bring it in:"], command(error.path));
        } else {
          tell("failed", item.name, [error instanceof Error ? error.message : String(error)]);
        }
      }
    }
    element("lead").textContent = "Select clips in the Project panel.";
  } catch (error) {
    element("lead").textContent = error instanceof Error ? error.message : String(error);
  } finally {
    button.disabled = false;
  }
}

element("bring").addEventListener("click", () => void run());
