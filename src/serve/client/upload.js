// The page of the service: uploads files, and shows progress from server-sent events.

import { startPage } from "../../page/client/page.js";

// Reads server-sent events from the body of an answer.
async function* eventsOf(body) {
  let text = "";
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (text + value).split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const [, name, data] = block.match(/^event: (.*)\ndata: (.*)$/);
      yield { name, data: JSON.parse(data) };
    }
  }
}

function requestOf({ images, zips, fields }) {
  const query = `?${new URLSearchParams(fields)}`;
  if (!zips.length) {
    const body = new FormData();
    for (const { file, path } of images) body.append("images", file, path);
    return { query, body };
  }
  if (images.length || zips.length > 1) throw new Error("One zip, or images: choose either.");
  return { query, body: zips[0].file, type: { "content-type": "application/zip" } };
}

startPage(async (chosen, signal, onProgress) => {
  const { query, body, type } = requestOf(chosen);
  onProgress("upload");
  const headers = { accept: "text/event-stream, text/html", ...type };
  const answer = await fetch(`/groups${query}`, { method: "POST", headers, body, signal });
  if (!answer.ok) throw new Error((await answer.json()).error.message);
  for await (const { name, data } of eventsOf(answer.body)) {
    if (name === "progress") onProgress(data.stage, data.done, data.total, undefined, data.groups);
    if (name === "error") throw new Error(data.error.message);
    if (name === "done") {
      const { groups, report } = data;
      const json = `${JSON.stringify(groups, null, 1)}\n`;
      const files = [
        { name: "report.html", type: "text/html", content: report },
        { name: "groups.json", type: "application/json", content: json },
      ];
      return { groups, report, files };
    }
  }
  throw new Error("The service ended before the work did: try again.");
});
