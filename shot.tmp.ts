import puppeteer from "puppeteer-core";
const [url, out, w, h, mode, full] = Deno.args;
const b = await puppeteer.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const p = await b.newPage();
p.on("console", m => console.log("console:", m.text())); p.on("pageerror", e => console.log("error:", String(e), e.stack));
await p.setViewport({ width: +w, height: +h });
await p.emulateMediaFeatures([{ name: "prefers-color-scheme", value: mode === "dark" ? "dark" : "light" }]);
await p.goto(url); 
if (Deno.args[6]) { await p.evaluate(Deno.args[6]); await new Promise(r => setTimeout(r, 300)); }
await new Promise(r => setTimeout(r, 300));
if (out.endsWith(".pdf")) await p.pdf({ path: out, format: "A4", printBackground: false });
else await p.screenshot({ path: out, fullPage: full === "full" });
await b.close();
