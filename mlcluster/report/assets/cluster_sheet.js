// The report of clusters: everything it needs is in its page, also the library of the views, which is unpacked first.
"use strict";
(async () => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const downloads = read("downloads");
  clusterView.wireDownloads(document, (sheet) => downloads[sheet]);
  const state = document.documentElement.dataset;
  try {
    const packed = Uint8Array.from(atob(document.getElementById("library").textContent.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
    clusterView.wire(document, read("scenes"));
    state.views = "ready";
  } catch (error) {
    state.views = "failed";
    for (const legend of document.querySelectorAll(".legend")) {
      legend.textContent = `The 3D view cannot be shown here (${error.message}).`;
    }
  }
})();
