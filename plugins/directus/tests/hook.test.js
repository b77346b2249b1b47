// The hook against a stand-in for Directus, and a real HTTP server in place of `media-captioner listen`.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

import hook from "../index.js";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const FILM = { storage: "local", type: "video/mp4", filename_disk: "1.mp4", filename_download: "storm.mp4", title: "A storm", tags: ["mine"] };

/** Directus: rows of files, a log, and `upload`, which resolves when the hook has logged what came of it. */
function directus(env) {
  const rows = new Map();
  const log = [];
  let listener;
  let told = () => {};
  const note = (level) => (text) => {
    log.push(`${level} ${text}`);
    told();
  };
  class FilesService {
    async readOne(key) {
      return structuredClone(rows.get(key));
    }
    async readByQuery({ filter }) {
      return rows.has(filter.id._eq) ? [{ id: filter.id._eq }] : [];
    }
    async uploadOne(stream, values, key = `file ${rows.size + 1}`) {
      let text = "";
      for await (const block of stream) text += block;
      rows.set(key, { ...values, text });
      return key;
    }
    async updateOne(key, values) {
      rows.set(key, { ...rows.get(key), ...values });
    }
  }
  const logger = { info: note("info"), warn: note("warn"), error: note("error") };
  hook({ action: (name, run) => (listener = name === "files.upload" ? run : listener) }, { services: { FilesService }, getSchema: async () => ({}), env, logger });
  return {
    rows,
    log,
    hooked: () => Boolean(listener),
    upload: (key, row) => {
      rows.set(key, { ...rows.get(key), ...row });
      const done = new Promise((resolve) => (told = resolve));
      listener({ payload: row, key });
      return done;
    },
  };
}

/** What `listen` answers, and the folder that is its root and the storage. */
async function listening(t, answer) {
  const root = await mkdtemp(path.join(os.tmpdir(), "mc-"));
  const sidecar = { schema: "media_captioner/sidecar@1", summary: "Rain.", keywords: ["rain"], language: "en" };
  await writeFile(path.join(root, "1.media_captioner.json"), JSON.stringify(sidecar));
  await writeFile(path.join(root, "1.en.vtt"), "WEBVTT\n");
  const server = http.createServer((_, response) => response.end(JSON.stringify(answer)));
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => Promise.all([rm(root, { recursive: true }), new Promise((closed) => (server.closeAllConnections(), server.close(closed)))]));
  return { CAPTIONER_SECRET: SECRET, CAPTIONER_URL: `http://127.0.0.1:${server.address().port}/`, STORAGE_LOCAL_ROOT: root };
}

const DONE = { state: "done", status: "/captions/1", reason: null, files: ["1.en.vtt", "1.media_captioner.json"] };

test("an upload gets captions, description and tags, and twice is once", async (t) => {
  const host = directus(await listening(t, DONE));
  await host.upload("1", FILM);
  assert.deepEqual(host.log, ["info media_captioner: storm.mp4: done"]);
  const { description, tags, metadata } = host.rows.get("1");
  assert.deepEqual([description, tags], ["Rain.", ["mine", "rain"]]);
  const captions = metadata.media_captioner.captions;
  assert.equal(host.rows.get(captions).text, "WEBVTT\n");
  assert.equal(host.rows.get(captions).filename_download, "storm.en.vtt");
  const once = structuredClone([...host.rows]);
  await host.upload("1", { ...FILM, tags });
  assert.deepEqual([...host.rows], once);
  host.rows.delete(captions); // somebody threw the captions away
  await host.upload("1", { ...FILM, tags });
  assert.equal(host.rows.get(host.rows.get("1").metadata.media_captioner.captions).text, "WEBVTT\n");
});

test("what cannot be captioned is named in the log with its reason, and nothing is changed", async (t) => {
  const host = directus(await listening(t, { ...DONE, state: "failed", reason: "storm.mp4 has no audio track", files: [] }));
  await host.upload("1", FILM);
  assert.deepEqual(host.log, ["error media_captioner: cannot caption storm.mp4 (1): storm.mp4 has no audio track"]);
  assert.deepEqual(host.rows.get("1"), FILM);
});

test("a file in another storage is passed over with a warning", async (t) => {
  const host = directus(await listening(t, DONE));
  await host.upload("1", { ...FILM, storage: "s3" });
  assert.deepEqual(host.log, ["warn media_captioner: storm.mp4 lies in s3, not in local, and is not captioned"]);
});

test("without a secret it says so and does nothing", () => {
  const host = directus({});
  assert.match(host.log[0], /CAPTIONER_SECRET is not set/);
  assert.ok(!host.hooked());
});
