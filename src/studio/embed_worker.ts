// A worker of the studio that embeds images.

import "./engine_files.ts";
import "../embed/workers/embed_worker.ts";
