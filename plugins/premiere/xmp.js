// @ts-check
// Description and keywords in an XMP packet as Adobe's programs write it. UXP has no XML parser, so a packet in any
// other form is refused rather than guessed at.
"use strict";

const NAMESPACE = "urn:media_captioner:xmp/1.0/";

/**
 * Replace what XML 1.0 cannot hold, and fold white space, which a packet that is written again does not keep.
 * @param {string} text
 */
function clean(text) {
  return text.replace(/\s+/g, " ").trim().replace(/[\u0000-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
}

/** @param {string} text */
function escape(text) {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;");
}

/** @param {string} text */
function unescape(text) {
  return text
    .replace(/&#x([0-9a-fA-F]+);/g, (_, code) => String.fromCodePoint(parseInt(code, 16)))
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&amp;/g, "&");
}

/**
 * Return what we wrote last time, which the packet remembers.
 * @param {string} packet
 * @returns {{summary: string, keywords: string[]}}
 */
function before(packet) {
  const found = /mediacaptioner:panel(?:="([^"]*)"|>([^<]*)<)/.exec(packet);
  try {
    const wrote = JSON.parse(unescape((found && (found[1] ?? found[2])) || "{}"));
    return { summary: String(wrote.summary || ""), keywords: Array.isArray(wrote.keywords) ? wrote.keywords : [] };
  } catch {
    return { summary: "", keywords: [] };
  }
}

const SUBJECT = /<dc:subject>\s*<rdf:(Bag|Seq)>([\s\S]*?)<\/rdf:\1>\s*<\/dc:subject>/;
const DESCRIPTION = /(<dc:description>\s*<rdf:Alt>[\s\S]*?<rdf:li xml:lang="x-default">)([\s\S]*?)(<\/rdf:li>)/;

/**
 * Return the packet with our description and keywords; what somebody else wrote stays.
 * @param {string} packet
 * @param {{summary?: string, keywords?: string[]}} captions
 * @returns {string}
 * @throws {Error} the packet is not in the form in which Adobe's programs write it
 */
function withCaptions(packet, captions) {
  if (!/<rdf:RDF[\s>]/.test(packet) || !packet.includes("</rdf:RDF>") || packet.includes("<!")) {
    throw new Error("The clip's XMP is in an unexpected form and was left alone.");
  }
  const last = before(packet);
  const summary = clean(captions.summary || "");
  const wanted = [...new Set((captions.keywords || []).map(clean).filter(Boolean))];

  let found = packet;
  const subject = SUBJECT.exec(found);
  const standing = subject ? [...(subject[2] || "").matchAll(/<rdf:li>([\s\S]*?)<\/rdf:li>/g)].map((item) => unescape(item[1] || "")) : [];
  const theirs = standing.filter((word) => !last.keywords.includes(word));
  const ours = wanted.filter((word) => !theirs.includes(word));
  const words = [...theirs, ...ours];
  const bag = `<dc:subject><rdf:Bag>${words.map((word) => `<rdf:li>${escape(word)}</rdf:li>`).join("")}</rdf:Bag></dc:subject>`;
  /** @type {string[]} */
  const added = [];
  if (!subject) {
    if (ours.length) added.push(bag);
  } else if (words.join("\n") !== standing.join("\n")) {
    found = found.replace(SUBJECT, () => bag);
  }

  const described = DESCRIPTION.exec(found);
  let mine = "";
  if (described) {
    if (unescape(described[2] || "") === last.summary && last.summary) {
      mine = summary;
      found = found.replace(DESCRIPTION, (_, head, __, tail) => head + escape(summary) + tail);
    }
  } else if (summary && !/<dc:description[\s>]/.test(found)) {
    mine = summary;
    added.push(`<dc:description><rdf:Alt><rdf:li xml:lang="x-default">${escape(summary)}</rdf:li></rdf:Alt></dc:description>`);
  }

  const same = mine === last.summary && ours.join("\n") === last.keywords.join("\n");
  if (found === packet && !added.length && same) return packet;
  const memory = escape(JSON.stringify({ summary: mine, keywords: ours }));
  const block = (/** @type {string} */ inner) =>
    `<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:mediacaptioner="${NAMESPACE}">${inner}</rdf:Description>`;
  found = found
    .replace(/\s*mediacaptioner:panel="[^"]*"/g, "")
    .replace(/<mediacaptioner:panel>[^<]*<\/mediacaptioner:panel>/g, "")
    .replace(block(""), "");
  const blocks = (added.length ? block(added.join("")) : "") + block(`<mediacaptioner:panel>${memory}</mediacaptioner:panel>`);
  return found.replace("</rdf:RDF>", () => `${blocks}</rdf:RDF>`);
}

module.exports = { before, withCaptions };
