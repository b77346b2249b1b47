// @ts-check
// What is done in Premiere: every change is one undoable step, and only what is ours is replaced.
"use strict";

const { beside, isOurs, marksOf, readSidecar, subtitlesOf } = require("./marks.js");
const { withCaptions } = require("./xmp.js");

/**
 * @typedef {import("@adobe/premierepro").premierepro} Premiere
 * @typedef {import("@adobe/premierepro").Project} Project
 * @typedef {import("@adobe/premierepro").ProjectItem} ProjectItem
 * @typedef {import("@adobe/premierepro").ClipProjectItem} ClipProjectItem
 * @typedef {{read(path: string): Promise<string | null>}} Files  reads a text file; null where there is none
 * @typedef {{markers: number, notes: string[]}} Done
 */

/** Something the editor can mend; the text says how. */
class Trouble extends Error {}

/** No captions lie beside the file yet. */
class NotCaptioned extends Trouble {
  /** @param {string} path */
  constructor(path) {
    super(`There are no captions beside ${path} yet.`);
    this.path = path;
  }
}

/**
 * Return the selected clips of the active project.
 * @param {Premiere} ppro
 * @returns {Promise<{project: Project, items: ProjectItem[]}>}
 */
async function selection(ppro) {
  const project = await ppro.Project.getActiveProject();
  if (!project) throw new Trouble("Open a project first.");
  const chosen = await ppro.ProjectUtils.getSelection(project);
  const items = chosen ? await chosen.getItems() : [];
  if (!items.length) throw new Trouble("Select clips in the Project panel first.");
  return { project, items };
}

/**
 * Do all that one clip needs: markers, transcript, metadata, subtitles in its bin.
 * @param {Premiere} ppro
 * @param {Files} files
 * @param {Project} project
 * @param {ProjectItem} item
 * @returns {Promise<Done>}
 * @throws {Trouble}
 */
async function bringIn(ppro, files, project, item) {
  const clip = ppro.ClipProjectItem.cast(item);
  if (!clip || (await clip.isSequence())) throw new Trouble(`${item.name} is no clip: sequences and bins cannot be captioned.`);
  if (await clip.isOffline()) throw new Trouble(`${item.name} is offline: relink its media and try again.`);
  const path = await clip.getMediaFilePath();
  if (!path) throw new Trouble(`${item.name} has no file: titles, mattes and synthetics cannot be captioned.`);
  const places = beside(path);
  const names = [places.sidecar, places.other.sidecar];
  const [whole, other] = await Promise.all(names.map((name) => files.read(name)));
  const text = whole ?? other;
  if (text == null) throw new NotCaptioned(path);
  const sidecar = readSidecar(text);
  const near = whole == null ? places.other : places;
  /** @type {string[]} */
  const notes = [];
  const markers = await mark(ppro, project, clip, sidecar);
  const steps = [
    () => metadata(ppro, project, item, sidecar),
    () => transcript(ppro, files, project, clip, near.transcript),
    () => subtitles(ppro, files, project, item, subtitlesOf(sidecar, near.subtitles)),
  ];
  for (const step of steps) {
    try {
      const note = await step();
      if (note) notes.push(note);
    } catch (error) {
      notes.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { markers, notes };
}

/**
 * Replace our markers on a clip; the editor's own are not touched.
 * @param {Premiere} ppro
 * @param {Project} project
 * @param {ClipProjectItem} clip
 * @param {import("./marks.js").Sidecar} sidecar
 * @returns {Promise<number>}
 */
async function mark(ppro, project, clip, sidecar) {
  const marks = marksOf(sidecar);
  const markers = await ppro.Markers.getMarkers(clip);
  step(project, "media_captioner: markers", (add) => {
    for (const old of markers.getMarkers()) {
      if (isOurs(old.getComments())) add(markers.createRemoveMarkerAction(old));
    }
    for (const each of marks) {
      const [start, duration] = [each.start, each.duration].map((ticks) => ppro.TickTime.createWithTicks(ticks));
      add(markers.createAddMarkerAction(each.name, ppro.Marker.MARKER_TYPE_COMMENT, start, duration, each.comments));
    }
  });
  const fresh = await ppro.Markers.getMarkers(clip);
  const colours = new Map(marks.map((each) => [each.start, each.colour]));
  step(project, "media_captioner: colours", (add) => {
    for (const each of fresh.getMarkers()) {
      const colour = colours.get(each.getStart().ticks);
      if (colour !== undefined && isOurs(each.getComments())) add(each.createSetColorByIndexAction(colour));
    }
  });
  return marks.length;
}

/**
 * Set description and keywords in the clip's XMP.
 * @param {Premiere} ppro
 * @param {Project} project
 * @param {ProjectItem} item
 * @param {import("./marks.js").Sidecar} sidecar
 */
async function metadata(ppro, project, item, sidecar) {
  const standing = await ppro.Metadata.getXMPMetadata(item);
  const wanted = withCaptions(standing, sidecar);
  if (wanted === standing) return "";
  step(project, "media_captioner: metadata", (add) => add(ppro.Metadata.createSetXMPMetadataAction(item, wanted)));
  return "";
}

/**
 * Give the clip its transcript, unless it has one: somebody may have corrected it.
 * @param {Premiere} ppro
 * @param {Files} files
 * @param {Project} project
 * @param {ClipProjectItem} clip
 * @param {string} path
 */
async function transcript(ppro, files, project, clip, path) {
  const text = await files.read(path);
  if (text == null) return "";
  if (await hasTranscript(ppro, clip)) return "it has a transcript already, which stays";
  const segments = ppro.Transcript.importFromJSON(text);
  step(project, "media_captioner: transcript", (add) => add(ppro.Transcript.createImportTextSegmentsAction(segments, clip)));
  return "";
}

/**
 * Return whether a clip has a transcript; before Premiere 26.3 only the transcript itself tells.
 * @param {Premiere} ppro
 * @param {ClipProjectItem} clip
 * @throws {Trouble} it cannot be told
 */
async function hasTranscript(ppro, clip) {
  if (typeof ppro.Transcript.hasTranscript === "function") return ppro.Transcript.hasTranscript(clip);
  try {
    const found = JSON.parse((await ppro.Transcript.exportToJSON(clip)) || "{}");
    return Boolean(found && found.segments && found.segments.length);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Trouble(`no transcript was brought in, because Premiere does not tell whether there is one (${why}): import it by hand`);
  }
}

/**
 * Import the subtitles into the clip's bin, once.
 * @param {Premiere} ppro
 * @param {Files} files
 * @param {Project} project
 * @param {ProjectItem} item
 * @param {string} path
 */
async function subtitles(ppro, files, project, item, path) {
  if ((await files.read(path)) == null) return "no subtitles (.srt) lie beside it: media-captioner export --formats srt makes them";
  const bin = item.getParentBin();
  const name = path.split(/[/\\]/).pop();
  const standing = bin ? await bin.getItems() : [];
  if (standing.some((each) => each.name === name)) return "";
  const target = bin ? ppro.ProjectItem.cast(bin) : undefined;
  const imported = await project.importFiles([path], true, target);
  return imported ? "" : `${name} could not be imported: drag it in by hand`;
}

/**
 * Change the project in one undoable step.
 * @param {Project} project
 * @param {string} name
 * @param {(add: (action: import("@adobe/premierepro").Action) => void) => void} fill
 * @throws {Trouble} the project takes no changes
 */
function step(project, name, fill) {
  let done = true;
  project.lockedAccess(() => {
    done = project.executeTransaction((compound) => fill((action) => compound.addAction(action)), name);
  });
  if (!done) throw new Trouble("Premiere took no changes: is the project locked by somebody else, or read only?");
}

module.exports = { NotCaptioned, Trouble, bringIn, selection };
