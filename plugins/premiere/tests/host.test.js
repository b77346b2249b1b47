"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { NotCaptioned, bringIn, selection } = require("../host.js");
const { Stand } = require("./premiere.js");

const SIDECAR = {
  schema: "media_captioner/sidecar@1",
  media: { video: { frame_rate: { rate: "30000/1001" } } },
  summary: "Rain and a dog.",
  keywords: ["rain", "dog barking"],
  cues: [
    { start: 1, end: 2, text: "[rain]", category: "ambience" },
    { start: 10000, end: 10002, text: "MAN: Morning.", category: "speech", evidence: [{ sentence: "He greets." }] },
  ],
};
const onDisk = (tree) => ({ read: async (path) => tree[path] ?? null });
const FILES = {
  "/films/clip.media_captioner.json": JSON.stringify(SIDECAR),
  "/films/clip.transcript.json": '{"language": "en-us"}',
  "/films/clip.en.sdh.srt": "1\r\n",
};
const told = (clip) => clip.markers.map((marker) => [marker.name, marker.start.ticks, marker.colour]);

test("a clip gets markers, metadata, transcript and subtitles, and twice is once", async () => {
  const stand = new Stand();
  const clip = stand.clip("clip.mov");
  clip.add({ name: "mine", start: { ticks: "0" }, comments: "my words", colour: 3 });
  const done = await bringIn(stand.ppro, onDisk(FILES), stand.project, clip);
  assert.deepEqual(done, { markers: 2, notes: [] });
  const once = told(clip);
  assert.deepEqual(once, [
    ["mine", "0", 3],
    ["[rain]", String((30n * 254016000000n * 1001n) / 30000n), 0],
    ["MAN: Morning.", String((299700n * 254016000000n * 1001n) / 30000n), 6],
  ]);
  assert.deepEqual(clip.transcript, { language: "en-us" });
  assert.deepEqual(stand.bin, [{ name: "clip.en.sdh.srt" }]);
  const xmp = clip.xmp;
  const again = await bringIn(stand.ppro, onDisk(FILES), stand.project, clip);
  assert.deepEqual(again.notes, ["it has a transcript already, which stays"]);
  assert.deepEqual(told(clip), once);
  assert.equal(clip.xmp, xmp);
  assert.equal(stand.bin.length, 1);
});

test("before Premiere 26.3 the transcript itself tells whether there is one", async () => {
  const stand = new Stand();
  delete stand.ppro.Transcript.hasTranscript;
  const clip = stand.clip("clip.mov");
  assert.deepEqual((await bringIn(stand.ppro, onDisk(FILES), stand.project, clip)).notes, []);
  assert.deepEqual(clip.transcript, { language: "en-us" });
  clip.transcript = { segments: [{ words: [] }] }; // somebody's
  assert.deepEqual((await bringIn(stand.ppro, onDisk(FILES), stand.project, clip)).notes, ["it has a transcript already, which stays"]);
  stand.ppro.Transcript.exportToJSON = async () => Promise.reject(new Error("busy"));
  assert.match((await bringIn(stand.ppro, onDisk(FILES), stand.project, clip)).notes[0], /does not tell whether there is one \(busy\)/);
  assert.deepEqual(clip.transcript, { segments: [{ words: [] }] });
});

test("a clip that is not captioned yet says which file to caption", async () => {
  const stand = new Stand();
  await assert.rejects(bringIn(stand.ppro, onDisk({}), stand.project, stand.clip("clip.mov")), (error) => error instanceof NotCaptioned && error.path === "/films/clip.mov");
});

test("where two media share a stem each finds its own", async () => {
  const stand = new Stand();
  const files = onDisk({ "/films/clip.mov.media_captioner.json": JSON.stringify(SIDECAR), "/films/clip.mov.en.sdh.srt": "1" });
  await bringIn(stand.ppro, files, stand.project, stand.clip("clip.mov"));
  assert.deepEqual(stand.bin, [{ name: "clip.mov.en.sdh.srt" }]);
});

test("subtitles are taken in the language of the captions, and what is missing is told", async () => {
  const stand = new Stand();
  const outputs = { "clip.de.vtt": "", "clip.en.sdh.srt": "", "clip.de.sdh.srt": "", "../clip.de.srt": "" };
  const files = { ...FILES, "/films/clip.media_captioner.json": JSON.stringify({ ...SIDECAR, language: "de", outputs }), "/films/clip.de.sdh.srt": "1" };
  await bringIn(stand.ppro, onDisk(files), stand.project, stand.clip("clip.mov"));
  assert.deepEqual(stand.bin, [{ name: "clip.de.sdh.srt" }]);
  const done = await bringIn(stand.ppro, onDisk({ "/films/clip.media_captioner.json": JSON.stringify(SIDECAR) }), stand.project, stand.clip("clip.mov"));
  assert.match(done.notes[0], /no subtitles .* --formats srt makes them/);
});

for (const [name, options, said] of [
  ["offline media", { offline: true }, /relink/],
  ["a sequence", { sequence: true }, /is no clip/],
  ["a title", { path: "" }, /has no file/],
]) {
  test(`${name} is refused with a reason`, async () => {
    const stand = new Stand();
    await assert.rejects(bringIn(stand.ppro, onDisk(FILES), stand.project, stand.clip("clip.mov", options)), said);
  });
}

test("a locked project is told, and nothing is half done", async () => {
  const stand = new Stand({ locked: true });
  const clip = stand.clip("clip.mov");
  await assert.rejects(bringIn(stand.ppro, onDisk(FILES), stand.project, clip), /locked/);
  assert.deepEqual(clip.markers, []);
});

test("metadata in an unexpected form is left alone and the rest is done", async () => {
  const stand = new Stand();
  const clip = stand.clip("clip.mov");
  clip.xmp = "not XMP";
  const done = await bringIn(stand.ppro, onDisk(FILES), stand.project, clip);
  assert.match(done.notes[0], /left alone/);
  assert.equal(clip.xmp, "not XMP");
  assert.ok(clip.transcript);
});

test("without a project or a selection it says what to do", async () => {
  await assert.rejects(selection(new Stand({ open: false }).ppro), /Open a project/);
  await assert.rejects(selection(new Stand().ppro), /Select clips/);
});
