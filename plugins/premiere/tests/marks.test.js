"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { SEAL, beside, isOurs, marksOf, readSidecar } = require("../marks.js");

const sidecar = (rate, cues) => ({ schema: "media_captioner/sidecar@1", cues, media: rate ? { video: { frame_rate: { rate } } } : {} });
const cue = (start, end, text = "[rain]", more = {}) => ({ start, end, text, category: "ambience", ...more });

test("after hours a marker stands on its exact frame", () => {
  for (const [rate, above, below] of [["24000/1001", 24000n, 1001n], ["30000/1001", 30000n, 1001n], ["60000/1001", 60000n, 1001n], ["25", 25n, 1n]]) {
    const [mark] = marksOf(sidecar(rate, [cue(10000, 10001)]));
    const frame = (10000n * above * 2n + below) / (below * 2n);
    assert.equal(BigInt(mark.start), (frame * 254016000000n * below) / above, rate);
    assert.equal((BigInt(mark.start) * above) % (254016000000n * below), 0n, "a whole frame");
  }
});

test("a marker lasts at least a frame, says where it comes from, and is known again", () => {
  const [mark] = marksOf(sidecar("25", [cue(1, 1, "MAN: Good\nmorning.", { category: "speech", evidence: [{ sentence: "He says." }] })]));
  assert.equal(mark.name, "MAN: Good morning.");
  assert.equal(mark.comments, `He says.\n${SEAL}`);
  assert.equal(mark.colour, 6);
  assert.equal(mark.duration, String(254016000000n / 25n));
  assert.ok(isOurs(mark.comments));
  assert.ok(!isOurs("my own words"));
});

test("cues on one frame become one marker", () => {
  const marks = marksOf(sidecar("25", [cue(1, 2, "[rain]"), cue(1.001, 3, "[dog barking]"), cue(2, 3)]));
  assert.deepEqual(marks.map((mark) => mark.name), ["[rain] / [dog barking]", "[rain]"]);
  assert.equal(marks[0].duration, String(2n * 254016000000n));
});

test("sound alone is counted at 25 frames a second", () => {
  assert.equal(marksOf(sidecar(null, [cue(0.04, 1)]))[0].start, String(254016000000n / 25n));
});

test("a sidecar of another version is refused with what to do", () => {
  assert.throws(() => readSidecar('{"schema": "media_captioner/sidecar@9"}'), /of one version/);
  assert.throws(() => readSidecar("WEBVTT"), /not JSON/);
  assert.throws(() => readSidecar("null"), /of one version/);
});

test("what lies beside a file is found by its stem", () => {
  assert.equal(beside("/a.b/clip.one.mov").sidecar, "/a.b/clip.one.media_captioner.json");
  assert.equal(beside("C:\\films\\clip.mp4").subtitles, "C:\\films\\clip.en.sdh.srt");
  assert.equal(beside("/films.old/clip").sidecar, "/films.old/clip.media_captioner.json");
  assert.equal(beside("/a/clip.mov").other.sidecar, "/a/clip.mov.media_captioner.json");
});
