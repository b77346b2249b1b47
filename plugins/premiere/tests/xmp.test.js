"use strict";
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { before, withCaptions } = require("../xmp.js");

const packet = (inner = "") =>
  `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
  `<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="3">${inner}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;
const words = (text) => [...text.matchAll(/<rdf:li>([^<]*)<\/rdf:li>/g)].map((found) => found[1]);
const captions = { summary: "Rain & a <dog>.", keywords: ["rain", "dog barking", "rain"] };

test("what is ours is added, and what is theirs stays", () => {
  const found = withCaptions(packet("<dc:subject><rdf:Bag><rdf:li>weather</rdf:li><rdf:li>rain</rdf:li></rdf:Bag></dc:subject>"), captions);
  assert.deepEqual(words(found), ["weather", "rain", "dog barking"]);
  assert.match(found, /xmp:Rating="3"/);
  assert.match(found, /Rain &amp; a &lt;dog&gt;\./);
  assert.deepEqual(before(found).keywords, ["dog barking"]);
});

test("twice is once", () => {
  const once = withCaptions(packet(), captions);
  assert.equal(withCaptions(once, captions), once);
});

test("what is heard no more goes; a word of theirs that we would say too stays", () => {
  const once = withCaptions(packet("<dc:subject><rdf:Bag><rdf:li>rain</rdf:li></rdf:Bag></dc:subject>"), captions);
  const again = withCaptions(once, { summary: "Thunder.", keywords: ["thunder"] });
  assert.deepEqual(words(again), ["rain", "thunder"]);
  assert.match(again, />Thunder\.</);
  assert.ok(!again.includes("a &lt;dog&gt;"));
});

test("a description of theirs stays, and so does ours once they changed it", () => {
  const theirs = '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">My words.</rdf:li></rdf:Alt></dc:description>';
  assert.match(withCaptions(packet(theirs), captions), />My words\.</);
  const edited = withCaptions(packet(), captions).replace("Rain &amp; a &lt;dog&gt;.", "Edited.");
  assert.match(withCaptions(edited, captions), />Edited\.</);
});

test("the memory is found in the form in which Adobe's programs write it again", () => {
  const once = withCaptions(packet(), captions);
  const memory = /<mediacaptioner:panel>([^<]*)</.exec(once)[1];
  const rewritten = packet(/<dc:subject>.*<\/dc:description>/s.exec(once)[0]).replace('xmp:Rating="3"', `xmp:Rating="3" xmlns:mediacaptioner="urn:media_captioner:xmp/1.0/" mediacaptioner:panel="${memory}"`);
  const again = withCaptions(rewritten, { summary: "Thunder.", keywords: ["thunder"] });
  assert.deepEqual(words(again), ["thunder"]);
  assert.equal(again.match(/mediacaptioner:panel/g).length, 2); // one element, its beginning and its end
});

test("hostile text stays text", () => {
  const hostile = { summary: '</rdf:RDF>"$&$1\u0000', keywords: ["<script>", "$'", "a\u0001b"] };
  const found = withCaptions(packet(), hostile);
  assert.equal(found.match(/<\/rdf:RDF>/g).length, 1);
  assert.ok(!/[\u0000\u0001]/.test(found));
  assert.equal(withCaptions(found, hostile), found);
});

test("a packet in another form is left alone", () => {
  assert.throws(() => withCaptions("<a/>", captions), /left alone/);
  assert.throws(() => withCaptions(packet("<!-- -->"), captions), /left alone/);
});
