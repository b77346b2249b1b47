import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

import { captionsFor, changes, hasSound, signed, written } from "../captions.js";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

test("a signature is the one of the standard's own example", () => {
  const body = '{"test": 2432232314}';
  const found = signed(SECRET, body, { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", now: 1614265330000 });
  assert.equal(found["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  assert.throws(() => signed("secret", body), /whsec_/);
});

test("captions of ours never ask for captions", () => {
  assert.ok(hasSound({ type: "video/mp4" }));
  assert.ok(hasSound({ type: "audio/x-wav" }));
  assert.ok(!hasSound({ type: "text/vtt" }));
  assert.ok(!hasSound({ type: null }));
});

test("a job is asked for once and waited for", async () => {
  const asked = [];
  const states = ["waiting", "working", "done"];
  const answer = (state) => new Response(JSON.stringify({ id: "job_1", state, status: "/captions/job_1", reason: null, files: ["a.en.vtt"] }));
  const tools = { fetch: async (url, options) => (asked.push([options?.method ?? "GET", url]), answer(states.shift())), pause: async () => {} };
  const job = await captionsFor({ url: "http://x", secret: SECRET }, "a.mp4", tools);
  assert.equal(job.state, "done");
  assert.deepEqual(asked, [["POST", "http://x/captions"], ["GET", "http://x/captions/job_1"], ["GET", "http://x/captions/job_1"]]);
});

test("a refusal is told in its own words", async () => {
  const refuse = async () => new Response('{"error": {"message": "There is no such file"}}', { status: 404 });
  await assert.rejects(captionsFor({ url: "http://x", secret: SECRET }, "a.mp4", { fetch: refuse }), /404: There is no such file/);
  const other = async () => new Response("<html>", { status: 502 });
  await assert.rejects(captionsFor({ url: "http://x", secret: SECRET }, "a.mp4", { fetch: other }), /CAPTIONER_URL/);
});

test("a program that is not running is told with what to do", async () => {
  const gone = async () => {
    throw new TypeError("fetch failed");
  };
  await assert.rejects(captionsFor({ url: "http://x", secret: SECRET }, "a.mp4", { fetch: gone }), /does not answer at http:\/\/x: start it/);
});

async function folder(t) {
  const made = await mkdtemp(path.join(os.tmpdir(), "mc-"));
  t.after(() => rm(made, { recursive: true }));
  return made;
}

test("a sidecar of another version is refused", async (t) => {
  const root = await folder(t);
  await writeFile(path.join(root, "a.media_captioner.json"), '{"schema": "media_captioner/sidecar@9"}');
  await writeFile(path.join(root, "a.en.vtt"), "WEBVTT\n");
  await assert.rejects(written(root, ["a.en.vtt", "a.media_captioner.json"]), /sidecar@9, and this extension reads/);
});

test("what was written is read from the storage, and from nowhere else", async (t) => {
  const root = await folder(t);
  const sidecar = { schema: "media_captioner/sidecar@1", summary: "Rain.", keywords: ["rain"], language: "en" };
  await writeFile(path.join(root, "a.media_captioner.json"), JSON.stringify(sidecar));
  await writeFile(path.join(root, "a.en.vtt"), "WEBVTT\n");
  const made = await written(root, ["a.en.vtt", "a.media_captioner.json"]);
  assert.deepEqual([made.description, made.tags, String(made.vtt)], ["Rain.", ["rain"], "WEBVTT\n"]);
  await assert.rejects(written(root, ["../a.en.vtt", "../a.media_captioner.json"]), /below/);
});

test("what somebody else wrote stays, and twice is once", () => {
  const made = { description: "Rain.", tags: ["rain", "weather"] };
  const row = { description: null, tags: ["weather"], metadata: { exif: 1 } };
  const first = changes(row, made, "v1");
  assert.deepEqual(first.tags, ["weather", "rain"]);
  assert.equal(first.description, "Rain.");
  assert.equal(first.metadata.exif, 1);
  assert.deepEqual(changes({ ...row, ...first }, made, "v1"), first);
  const edited = changes({ ...row, ...first, description: "My words." }, { description: "Thunder.", tags: ["thunder"] }, "v1");
  assert.equal(edited.description, undefined);
  assert.deepEqual(edited.tags, ["weather", "thunder"]);
});
