/// What a page looks like, and the script that sorts its overview. Both are constants, and the page's policy names
/// them by their digests: no other style and no other script has any effect.
enum PageStyle {
  static let policy =
    "default-src 'none'; style-src 'sha256-\(sheetDigest)'; script-src 'sha256-\(scriptDigest)'; "
    + "base-uri 'none'; form-action 'none'"

  /// `printf %s "$sheet" | openssl dgst -sha256 -binary | base64`; a test holds both against the page.
  private static let sheetDigest = "1tCUpPD5BL18UBNEivaUiWIpiANnZpOHnCQGPfsxaGI="
  private static let scriptDigest = "KYiCVO0zgWTEVGvuFGqTu2+0t8h37azIXaqeNBHb1ks="

  static let sheet = """
    :root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--muted:#57606a;--line:#d0d7de;--card:#f6f8fa;\
    --lost:#fff;--hatch:#cf222e;--good:#1a7f37;--bad:#cf222e;--warn:#9a6700;\
    --program:#0969da;--libraries:#1b7c83;--heap:#bf8700;--anonymous:#8c959f;--thread-stacks:#8250df;\
    --main-stack:#bf3989;--vdso:#57606a;--shared-memory:#bc4c00;--file-mappings:#4d7c0f;--head:#24292f}
    @media (prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--muted:#9198a1;--line:#30363d;\
    --card:#161b22;--lost:#0d1117;--hatch:#ff7b72;--good:#56d364;--bad:#ff7b72;--warn:#e3b341;\
    --program:#58a6ff;--libraries:#39c5cf;--heap:#d29922;--anonymous:#6e7681;--thread-stacks:#bc8cff;\
    --main-stack:#f778ba;--vdso:#8b949e;--shared-memory:#f0883e;--file-mappings:#a3b84f;--head:#c9d1d9}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}
    main{max-width:72rem;margin:0 auto;padding:1rem}main:has(table.sortable){max-width:90rem}
    h1{font-size:1.4rem;margin:.5rem 0;overflow-wrap:anywhere}h2{font-size:1.15rem;margin:2rem 0 .5rem}
    h3{font-size:1rem;margin:1.5rem 0 .5rem}
    p{margin:.4rem 0}.muted{color:var(--muted)}
    dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.5rem 0}
    dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}
    .state{display:inline-block;padding:0 .6rem;border-radius:1rem;border:2px solid;font-weight:600}
    .whole{color:var(--good)}.damaged,.beyond,.failed,.lost-text{color:var(--bad)}.partial,.repaired{color:var(--warn)}
    figure{margin:1rem 0}figcaption{color:var(--muted);font-size:.9rem}
    svg.map{display:block;width:100%;height:100px;overflow:hidden}
    svg.mini{display:block;width:10rem;height:14px}
    svg text{font:13px system-ui,sans-serif;fill:var(--fg);visibility:hidden}
    svg g:hover text,svg g:focus text{visibility:visible}
    svg:hover g:focus:not(:hover) text{visibility:hidden}
    svg g:focus{outline:none}svg g:hover>rect:first-of-type,svg g:focus>rect:first-of-type{stroke:var(--fg);stroke-width:4}
    .k-program{fill:var(--program);background:var(--program)}.k-libraries{fill:var(--libraries);background:var(--libraries)}
    .k-heap{fill:var(--heap);background:var(--heap)}.k-anonymous{fill:var(--anonymous);background:var(--anonymous)}
    .k-thread-stacks{fill:var(--thread-stacks);background:var(--thread-stacks)}
    .k-main-stack{fill:var(--main-stack);background:var(--main-stack)}.k-vdso{fill:var(--vdso);background:var(--vdso)}
    .k-shared-memory{fill:var(--shared-memory);background:var(--shared-memory)}
    .k-file-mappings{fill:var(--file-mappings);background:var(--file-mappings)}.k-head{fill:var(--head);background:var(--head)}
    rect.gone{fill:var(--lost);opacity:.72}rect.hatch{fill:url(#hatch)}
    #hatch path{stroke:var(--hatch);stroke-width:3}
    rect.mark{fill:var(--bad)}rect.mark.whole{fill:var(--good)}rect.mark.partial{fill:var(--warn)}
    ul.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:.5rem 0;padding:0;font-size:.9rem}
    .swatch{display:inline-block;width:.9em;height:.9em;margin-right:.4em;border-radius:2px;vertical-align:-.1em}
    .swatch.hatched{border:1px solid var(--hatch);background:repeating-linear-gradient(45deg,var(--hatch) 0 2px,transparent 2px 5px)}
    .scroll{overflow-x:auto;margin:.5rem 0 1rem;\
    background:linear-gradient(to right,var(--bg) 30%,transparent) left/3rem 100%,linear-gradient(to left,var(--bg) 30%,transparent) right/3rem 100%,\
    linear-gradient(to right,var(--muted),transparent) left/.8rem 100%,linear-gradient(to left,var(--muted),transparent) right/.8rem 100%;\
    background-repeat:no-repeat;background-attachment:local,local,scroll,scroll}
    svg.tick{width:.6em;height:.8em;margin-right:.4em}
    .scroll:focus-visible,a:focus-visible,button:focus-visible{outline:3px solid var(--program);outline-offset:2px}
    table{border-collapse:collapse;width:100%;font-size:.9rem}caption{text-align:left;font-weight:600;font-size:1.15rem;padding:.5rem 0}
    th,td{text-align:left;padding:.3rem .7rem;border-bottom:1px solid var(--line);vertical-align:top;white-space:nowrap}
    tbody th{font-weight:400}td.w{white-space:normal;min-width:16rem}
    thead th.n{text-align:right}thead th{color:var(--muted);font-weight:600}
    .n{text-align:right;font-variant-numeric:tabular-nums}.c{font-family:ui-monospace,monospace;font-size:.85rem}
    .cause{border-left:4px solid var(--line);padding:.1rem .8rem;margin:.8rem 0}.cause.certain,.cause.likely{border-color:var(--warn)}
    .cause ul{margin:.2rem 0;padding-left:1.2rem}
    thead button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer;text-decoration:underline dotted}
    a{color:var(--program)}
    @media print{.scroll{overflow:visible}}
    """

  /// Makes the titles of the overview buttons that sort it. Reads nothing but the page's own cells, and writes no markup.
  static let script = """
    "use strict";
    for (const table of document.querySelectorAll("table.sortable")) {
      const body = table.tBodies[0];
      table.querySelectorAll("thead th").forEach((head, column) => {
        const button = document.createElement("button");
        button.textContent = head.textContent;
        head.replaceChildren(button);
        button.addEventListener("click", () => {
          const down = head.getAttribute("aria-sort") === "ascending";
          for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
          head.setAttribute("aria-sort", down ? "descending" : "ascending");
          const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent;
          const rows = [...body.rows].sort((a, b) =>
            key(a).localeCompare(key(b), undefined, { numeric: true }));
          body.append(...(down ? rows.reverse() : rows));
        });
      });
    }
    """
}
