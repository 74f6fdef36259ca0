// Describes the service in OpenAPI 3.1, with the limits and presets that it runs with.

import type { PresetName } from "../preset.ts";
import { fieldSchemas } from "../job/options.ts";
import { type Limits, MOST_RATIO } from "./limits.ts";
import { UPLOAD_TYPES } from "./upload.ts";

const PROBLEMS: Readonly<Record<number, string>> = {
  400: "A damaged request, or a field that does not take its value",
  403: "Sent by a page of another site",
  408: "The upload took longer than the seconds allowed",
  413: "Too many bytes or images",
  415: "Another content type",
  422: "Fewer than two usable images, or a zip or name that is not accepted",
  429: "The queue is full: try again after the seconds in Retry-After",
  500: "A fault of the service",
  503: "The service is closing, or its network cannot be opened",
  504: "The work took longer than the seconds allowed",
};

/** The answer to GET /openapi.json. */
export function openapi(limits: Limits, presets: readonly PresetName[], standard: PresetName): object {
  const fields = fieldSchemas(presets, standard);
  const [form, zip] = UPLOAD_TYPES;
  const text = (description: string, type: string) => ({
    200: { description, content: { [type]: { schema: { type: "string" } } } },
  });
  return {
    openapi: "3.1.0",
    info: {
      title: "Anomaly clustering",
      version: "1",
      description: "Groups images of one product or texture by kind of defect.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths: {
      "/groups": {
        post: {
          summary: "Group images",
          description:
            `At most ${limits.bytes} bytes, ${limits.images} images and ${limits.seconds} seconds a request; ` +
            `images of more than ${limits.pixels} pixels are left out; ${limits.concurrent} requests at a time, ` +
            `${limits.queue} wait; a file of a zip unpacks to ${MOST_RATIO} times its size at most.`,
          "x-limits": limits,
          parameters: Object.entries(fields).map(([name, { description, ...schema }]) => {
            return { name, in: "query", description, schema };
          }),
          requestBody: {
            required: true,
            content: {
              [form]: {
                schema: {
                  type: "object",
                  required: ["images"],
                  properties: {
                    images: {
                      type: "array",
                      minItems: 2,
                      maxItems: limits.images,
                      items: { type: "string", contentMediaType: "image/*" },
                    },
                    ...fields,
                  },
                },
              },
              [zip]: { schema: { type: "string", contentMediaType: zip, maxLength: limits.bytes } },
            },
          },
          responses: {
            200: {
              description: "The groups; by Accept as JSON, as a report, or as events",
              content: {
                "application/json": { schema: { $ref: "#/components/schemas/Groups" } },
                "text/html": { schema: { type: "string" } },
                "text/event-stream": {
                  schema: { type: "string" },
                  example: 'event: progress\ndata: {"stage":"embed","done":1,"total":60}\n\n',
                },
              },
            },
            ...Object.fromEntries(
              Object.entries(PROBLEMS).map(([status, description]) => [status, {
                description,
                ...(status === "429" && {
                  headers: { "Retry-After": { schema: { type: "integer" }, description: "Seconds" } },
                }),
                content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
              }]),
            ),
          },
        },
      },
      "/": { get: { summary: "A page to upload images on", responses: text("The page", "text/html") } },
      "/samples.zip": {
        get: {
          summary: "A few sample photos",
          responses: {
            200: { description: "The photos", content: { "application/zip": { schema: { type: "string" } } } },
          },
        },
      },
      "/samples.txt": {
        get: { summary: "Where they are from, and their licence", responses: text("The licence", "text/plain") },
      },
      "/health": {
        get: {
          summary: "Whether the service takes requests",
          responses: {
            200: {
              description: "It does",
              content: { "application/json": { schema: { type: "object", properties: { status: { const: "ok" } } } } },
            },
            503: {
              description: "It is closing",
              content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
            },
          },
        },
      },
      "/metrics": {
        get: { summary: "Counts for Prometheus", responses: text("The counts", "text/plain; version=0.0.4") },
      },
      "/openapi.json": {
        get: {
          summary: "This description",
          responses: {
            200: { description: "OpenAPI 3.1", content: { "application/json": { schema: { type: "object" } } } },
          },
        },
      },
    },
    components: {
      schemas: {
        Groups: {
          type: "object",
          required: ["format", "settings", "model", "groups", "images", "warnings"],
          properties: {
            format: { const: "anomaly-cluster-groups/1" },
            settings: { type: "object", additionalProperties: { type: ["string", "number"] } },
            model: { type: "string" },
            groups: {
              type: "array",
              items: {
                type: "object",
                required: ["group", "size", "medoid"],
                properties: { group: { type: "integer" }, size: { type: "integer" }, medoid: { type: "string" } },
              },
            },
            images: {
              type: "array",
              items: {
                type: "object",
                required: ["path", "group", "score", "distance"],
                properties: {
                  path: { type: "string" },
                  group: { type: "integer" },
                  score: { type: "number" },
                  distance: { type: "number" },
                  outlier: { type: "boolean" },
                },
              },
            },
            tree: { type: "object" },
            choice: { type: "array", items: { type: "object" } },
            warnings: { type: "array", items: { type: "string" } },
          },
        },
        Problem: {
          type: "object",
          required: ["error"],
          properties: {
            error: {
              type: "object",
              required: ["code", "message"],
              properties: { code: { type: "string" }, message: { type: "string" } },
            },
          },
        },
      },
    },
  };
}
