// @ts-check
// From a sidecar to markers: pure, so that it is tested without Premiere.
"use strict";

/** Ticks of one second in Premiere. @type {bigint} */
const TICKS = 254016000000n;

const SCHEMA = "media_captioner/sidecar@1";

/** The last line of the comments of each marker of ours: how it is known again. Markers have no hidden field. */
const SEAL = "[media_captioner]";

/** Marker colours by their index in Premiere: 6 blue, 2 purple, 0 green, 4 yellow. @type {Record<string, number>} */
const COLOURS = { speech: 6, music: 2, ambience: 0, effects: 4 };

/**
 * @typedef {{start: number, end: number, text: string, category: string, evidence?: {sentence?: string}[]}} Cue
 * @typedef {{schema: string, cues: Cue[], keywords?: string[], summary?: string, language?: string, outputs?: Record<string, string>,
 *            media: {path?: string, video?: {frame_rate?: {rate: string}} | null}}} Sidecar
 * @typedef {{name: string, comments: string, colour: number, start: string, duration: string}} Mark
 *   start and duration are ticks, as text: they pass the numbers that are exact in JavaScript.
 */

/**
 * Read a sidecar.
 * @param {string} text
 * @returns {Sidecar}
 * @throws {Error} it is no sidecar, or of a version that this panel does not know
 */
function readSidecar(text) {
  /** @type {Sidecar} */
  let found;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw new Error(`The sidecar is not JSON (${error instanceof Error ? error.message : error}). Caption the clip again.`);
  }
  if (!found || found.schema !== SCHEMA) {
    const what = found ? found.schema : found;
    throw new Error(`The sidecar is a ${what}, and this panel reads ${SCHEMA}: use panel and program of one version.`);
  }
  return found;
}

/**
 * Return a rate as numerator and denominator.
 * @param {Sidecar} sidecar
 * @returns {[bigint, bigint]} 25 where there is no picture
 */
function rateOf(sidecar) {
  const video = sidecar.media.video;
  const text = (video && video.frame_rate && video.frame_rate.rate) || "25";
  const [above, below] = text.split("/");
  return [BigInt(above || "25"), BigInt(below || "1")];
}

/**
 * Return the frame nearest to a time: whole microseconds, so that nothing is lost after hours.
 * @param {number} seconds
 * @param {[bigint, bigint]} rate
 */
function frameAt(seconds, [above, below]) {
  const micros = BigInt(Math.round(seconds * 1e6));
  const unit = below * 1000000n;
  return (micros * above * 2n + unit) / (unit * 2n);
}

/**
 * Place cues on frames; cues on one frame become one marker.
 * @param {Sidecar} sidecar
 * @returns {Mark[]}
 */
function marksOf(sidecar) {
  const rate = rateOf(sidecar);
  const perFrame = (/** @type {bigint} */ frame) => (frame * TICKS * rate[1]) / rate[0];
  /** @type {Map<bigint, Mark & {frames: bigint}>} */
  const found = new Map();
  for (const cue of sidecar.cues) {
    const start = frameAt(cue.start, rate);
    const end = frameAt(cue.end, rate);
    let frames = end > start ? end - start : 1n;
    let name = cue.text.split(/\s+/).join(" ").trim();
    let colour = COLOURS[cue.category] ?? 5;
    const sentence = (cue.evidence && cue.evidence[0] && cue.evidence[0].sentence) || "";
    let comments = (sentence ? sentence + "\n" : "") + SEAL;
    const before = found.get(start);
    if (before) {
      name = `${before.name} / ${name}`;
      frames = before.frames > frames ? before.frames : frames;
      ({ colour, comments } = before);
    }
    const ticks = { start: String(perFrame(start)), duration: String(perFrame(start + frames) - perFrame(start)) };
    found.set(start, { name, comments, colour, frames, ...ticks });
  }
  return [...found.values()].map(({ frames: _, ...mark }) => mark);
}

/**
 * Return whether a marker is ours.
 * @param {string} comments
 */
function isOurs(comments) {
  return comments.trimEnd().endsWith(SEAL);
}

/**
 * Return the paths of what lies beside a media file.
 * @param {string} media
 */
function beside(media) {
  const stem = media.replace(/\.[^./\\]*$/, "");
  return {
    sidecar: `${stem}.media_captioner.json`,
    subtitles: `${stem}.en.sdh.srt`,
    transcript: `${stem}.transcript.json`,
    // Where clip.mp4 and clip.mov lie together, each keeps its whole name.
    other: { sidecar: `${media}.media_captioner.json`, subtitles: `${media}.en.sdh.srt`, transcript: `${media}.transcript.json` },
  };
}

/**
 * Return the path of the subtitles in the language that the captions are in now.
 * @param {Sidecar} sidecar
 * @param {string} usual  where they lie if the sidecar names none
 */
function subtitlesOf(sidecar, usual) {
  const names = Object.keys(sidecar.outputs || {}).filter((name) => /^[^/\\]+\.srt$/.test(name));
  const name = names.find((each) => each.includes(`.${sidecar.language}.`)) ?? names[0];
  return name ? usual.replace(/[^/\\]*$/, () => name) : usual;
}

module.exports = { SEAL, beside, frameAt, isOurs, marksOf, rateOf, readSidecar, subtitlesOf };
