"use strict";
// A stand-in for Premiere that behaves as the declarations and comments of @adobe/premierepro say: actions are made
// under lock and carried out in a transaction, markers have comments and a colour, XMP is text.

class Stand {
  constructor({ items = [], open = true, locked = false } = {}) {
    Object.assign(this, { items, open, locked, undo: [] });
    this.held = false;
    const time = (ticks) => ({ ticks: String(ticks) });
    this.project = {
      lockedAccess: (callback) => {
        this.held = true;
        callback();
        this.held = false;
      },
      executeTransaction: (callback, name) => {
        if (this.locked) return false;
        const actions = [];
        callback({ addAction: (action) => Boolean(actions.push(action)) });
        for (const action of actions) action();
        this.undo.push(name);
        return true;
      },
      importFiles: async (paths) => {
        for (const path of paths) this.bin.push({ name: path.split("/").pop() });
        return true;
      },
    };
    this.bin = [];
    this.ppro = {
      Project: { getActiveProject: async () => (this.open ? this.project : null) },
      ProjectUtils: { getSelection: async () => ({ getItems: async () => this.items }) },
      ClipProjectItem: { cast: (item) => item },
      ProjectItem: { cast: (item) => item },
      TickTime: { createWithTicks: time },
      Marker: { MARKER_TYPE_COMMENT: "Comment" },
      Markers: { getMarkers: async (clip) => this.markersOf(clip) },
      Metadata: {
        getXMPMetadata: async (item) => item.xmp,
        createSetXMPMetadataAction: (item, text) => this.action(() => (item.xmp = text)),
      },
      Transcript: {
        hasTranscript: (clip) => clip.transcript !== undefined, // since 26.3
        exportToJSON: async (clip) => (clip.transcript ? JSON.stringify(clip.transcript) : ""),
        importFromJSON: (text) => JSON.parse(text),
        createImportTextSegmentsAction: (segments, clip) => this.action(() => (clip.transcript = segments)),
      },
    };
  }

  /** Premiere 26.3 makes actions only under the lock. */
  action(run) {
    if (!this.held) throw new Error("an action was made outside of lockedAccess");
    return run;
  }

  markersOf(clip) {
    return {
      getMarkers: () => clip.markers.map((marker) => marker.object),
      createRemoveMarkerAction: (object) => this.action(() => (clip.markers = clip.markers.filter((each) => each.object !== object))),
      createAddMarkerAction: (name, type, start, duration, comments) => this.action(() => clip.add({ name, type, start, duration, comments })),
    };
  }

  clip(name, { path = `/films/${name}`, offline = false, sequence = false } = {}) {
    const stand = this;
    const clip = {
      name,
      markers: [],
      xmp: '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF>',
      isSequence: async () => sequence,
      isOffline: async () => offline,
      getMediaFilePath: async () => path,
      getParentBin: () => ({ getItems: async () => stand.bin }),
      add(values) {
        const marker = { colour: 0, ...values };
        marker.object = {
          getComments: () => marker.comments,
          getStart: () => marker.start,
          createSetColorByIndexAction: (colour) => stand.action(() => (marker.colour = colour)),
        };
        clip.markers.push(marker);
      },
    };
    this.items.push(clip);
    return clip;
  }
}

module.exports = { Stand };
