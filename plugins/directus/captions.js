// Asking `media-captioner listen` for captions, and reading what it wrote: no Directus in here, so that it is tested
// without one.
import { createHmac, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";

/** Types of uploads that have a soundtrack. Captions of ours are text/vtt, so they never ask for captions. */
const WITH_SOUND = /^(video|audio)\//;

const ENDED = new Set(["done", "done with gaps", "up to date", "failed", "quarantined"]);
const SCHEMA = "media_captioner/sidecar@1";

/** @param {{type?: string | null}} file */
export function hasSound(file) {
  return WITH_SOUND.test(file.type ?? "");
}

/**
 * Return the headers of a request signed as Standard Webhooks.
 * @param {string} secret whsec_ and base64
 * @param {string} body
 * @param {{id?: string, now?: number}} [given]
 */
export function signed(secret, body, { id = `msg_${randomUUID()}`, now = Date.now() } = {}) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  if (!secret.startsWith("whsec_") || key.length < 24) throw new Error("CAPTIONER_SECRET is no whsec_ secret of at least 24 bytes");
  const stamp = String(Math.floor(now / 1000));
  const mac = createHmac("sha256", key).update(`${id}.${stamp}.${body}`).digest("base64");
  return { "content-type": "application/json", "webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": `v1,${mac}` };
}

/**
 * Ask for captions of a file below one of the roots of `listen`, and wait for them.
 * @param {{url: string, secret: string}} door
 * @param {string} file
 * @param {{fetch?: typeof fetch, pause?: (ms: number) => Promise<void>, hours?: number}} [tools]
 * @returns {Promise<{state: string, reason: string | null, files: string[]}>}
 */
export async function captionsFor(door, file, tools = {}) {
  const { fetch: ask = fetch, pause = (ms) => new Promise((done) => setTimeout(done, ms)), hours = 12 } = tools;
  const body = JSON.stringify({ file, settings: { formats: ["vtt", "json"] } });
  const request = { method: "POST", headers: signed(door.secret, body), body };
  let job = await said(await reached(door, () => ask(`${door.url}/captions`, request)));
  let waited = 0;
  for (let wait = 1000; !ENDED.has(job.state); wait = Math.min(wait * 1.5, 30000)) {
    if (waited > hours * 3600e3) throw new Error(`no captions after ${hours} hours; the job is ${job.state}`);
    await pause(wait);
    waited += wait;
    job = await said(await reached(door, () => ask(`${door.url}${job.status}`)));
  }
  return job;
}

/**
 * @param {{url: string}} door
 * @param {() => Promise<Response>} request
 */
async function reached(door, request) {
  try {
    return await request();
  } catch (error) {
    throw new Error(`media-captioner listen does not answer at ${door.url}: start it, or set CAPTIONER_URL (${error.message})`);
  }
}

/** @param {Response} answer */
async function said(answer) {
  const text = await answer.text();
  let document;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Error(`media-captioner listen answered ${answer.status} and no JSON: is CAPTIONER_URL right?`);
  }
  if (!answer.ok) throw new Error(`media-captioner listen answered ${answer.status}: ${document.error?.message ?? "no reason"}`);
  return document;
}

/**
 * Read what was written for a file.
 * @param {string} root the storage's folder
 * @param {string[]} files as the job lists them, relative to the root
 * @returns {Promise<{description: string, tags: string[], vtt: Buffer, language: string}>}
 */
export async function written(root, files) {
  const find = (ending) => {
    const name = files.find((each) => each.endsWith(ending));
    const whole = name && path.resolve(root, name);
    if (!whole || !whole.startsWith(path.resolve(root) + path.sep)) throw new Error(`no ${ending} was written below ${root}`);
    return whole;
  };
  const sidecar = JSON.parse(await readFile(find(".media_captioner.json"), "utf-8"));
  if (sidecar.schema !== SCHEMA) throw new Error(`the sidecar is a ${sidecar.schema}, and this extension reads ${SCHEMA}`);
  return {
    description: sidecar.summary ?? "",
    tags: sidecar.keywords ?? [],
    language: sidecar.language ?? "en",
    vtt: await readFile(find(".vtt")),
  };
}

/**
 * Return what to change in a file's row: our description and tags, beside what somebody else wrote.
 * @param {{description?: string | null, tags?: string[] | null, metadata?: any}} row
 * @param {{description: string, tags: string[]}} made
 * @param {string} vtt id of the captions' own file
 */
export function changes(row, made, vtt) {
  const last = row.metadata?.media_captioner ?? {};
  const theirs = (row.tags ?? []).filter((tag) => !(last.tags ?? []).includes(tag));
  const ours = made.tags.filter((tag) => !theirs.includes(tag));
  const mine = !row.description || row.description === last.description;
  return {
    tags: [...theirs, ...ours],
    ...(mine ? { description: made.description } : {}),
    metadata: {
      ...(row.metadata ?? {}),
      media_captioner: { captions: vtt, tags: ours, description: mine ? made.description : "" },
    },
  };
}
