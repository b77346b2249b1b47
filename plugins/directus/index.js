// A Directus hook: when a video or a sound is uploaded, ask media-captioner for captions and put them back.
import path from "node:path";
import { Readable } from "node:stream";

import { captionsFor, changes, hasSound, written } from "./captions.js";

/** @param {any} register @param {any} context */
export default function mediaCaptioner({ action }, { services, getSchema, env, logger }) {
  const door = { url: String(env.CAPTIONER_URL ?? "http://127.0.0.1:8902").replace(/\/$/, ""), secret: String(env.CAPTIONER_SECRET ?? "") };
  const storage = String(env.CAPTIONER_STORAGE ?? "local");
  const root = path.resolve(String(env[`STORAGE_${storage.toUpperCase()}_ROOT`] ?? "./uploads"));
  if (!door.secret) {
    logger.warn("media_captioner: CAPTIONER_SECRET is not set, so nothing is captioned");
    return;
  }
  // One after the other: captioning is the slow part, and `listen` works so as well.
  let line = Promise.resolve();

  action("files.upload", ({ payload, key }) => {
    if (!hasSound(payload)) return;
    if (payload.storage !== storage) {
      logger.warn(`media_captioner: ${payload.filename_download} lies in ${payload.storage}, not in ${storage}, and is not captioned`);
      return;
    }
    line = line.then(() => bringIn(key)).catch((error) => logger.error(`media_captioner: cannot caption ${payload.filename_download ?? "the file"} (${key}): ${error.message}`));
  });

  /** @param {string} key */
  async function bringIn(key) {
    const schema = await getSchema();
    const files = new services.FilesService({ schema });
    const row = await files.readOne(key);
    const job = await captionsFor(door, row.filename_disk);
    if (!job.files.length) throw new Error(job.reason ?? job.state);
    const made = await written(root, job.files);
    const name = `${path.parse(row.filename_download).name}.${made.language}.vtt`;
    const captions = { storage, type: "text/vtt", filename_download: name, title: `Captions of ${row.title ?? row.filename_download}`, folder: row.folder ?? null };
    const known = row.metadata?.media_captioner?.captions;
    const standing = known && (await files.readByQuery({ filter: { id: { _eq: known } }, fields: ["id"] })).length ? known : undefined;
    const vtt = await files.uploadOne(Readable.from(made.vtt), captions, standing);
    await files.updateOne(key, changes(await files.readOne(key), made, String(vtt)));
    logger.info(`media_captioner: ${row.filename_download}: ${job.state}`);
  }
}
