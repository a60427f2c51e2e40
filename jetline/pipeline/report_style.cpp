#include "jetline/pipeline/report_style.h"

namespace jetline {

std::string report_css() {
  return R"css(
:root{color-scheme:light dark;--ground:#fff;--page:#f4f6f8;--ink:#1d2733;--soft:#5b6775;--line:#e0e6ec;
--good:#0b6b43;--good-bg:#dcf3e6;--bad:#a3261b;--bad-bg:#fbe1de;--calm:#45525f;--calm-bg:#e8edf2;--link:#0a5d94;
--c1:#0072b2;--c2:#d55e00;--c3:#009e73;--c4:#b8558e;--c5:#b87f00;--c6:#2f9bd6}
@media (prefers-color-scheme:dark){:root{--ground:#1a2129;--page:#11161c;--ink:#e6ecf2;--soft:#9fadbb;--line:#2f3a46;
--good:#7fe0ad;--good-bg:#123a28;--bad:#ff9d92;--bad-bg:#4a1c18;--calm:#b9c5d0;--calm-bg:#2a343f;--link:#7cc4f5;
--c1:#4ba8e0;--c2:#ff8a3d;--c3:#35c79b;--c4:#e39ac4;--c5:#f0b73a;--c6:#8fd0f5}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;
-webkit-text-size-adjust:100%}
main{max-width:1080px;margin:0 auto;padding:28px 20px 48px}
header h1{margin:0 0 4px;font-size:1.9rem;line-height:1.2;letter-spacing:-.01em}
header p{margin:4px 0;max-width:70ch}.soft{color:var(--soft)}a{color:var(--link)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:20px 0}
.tile{background:var(--ground);border:1px solid var(--line);border-radius:12px;padding:14px 16px}
.tile b{display:block;font-size:1.7rem;line-height:1.2;font-variant-numeric:tabular-nums}
.tile span{display:block;font-weight:600;font-size:.92rem}.tile small{color:var(--soft);font-size:.82rem}
section{background:var(--ground);border:1px solid var(--line);border-radius:12px;padding:18px 20px;margin:16px 0}
section h2{margin:0;font-size:1.2rem;line-height:1.3}
.head{display:flex;flex-wrap:wrap;gap:6px 12px;align-items:center;margin-bottom:10px}
.head .soft{font-size:.88rem;margin-left:auto}
.badge{display:inline-block;padding:1px 10px;border-radius:999px;font-size:.8rem;font-weight:600;white-space:nowrap;
color:var(--calm);background:var(--calm-bg)}
.badge.good{color:var(--good);background:var(--good-bg)}.badge.bad{color:var(--bad);background:var(--bad-bg)}
.error{border-left:4px solid var(--bad);background:var(--bad-bg);color:var(--ink);padding:10px 14px;border-radius:6px;margin:10px 0}
.error p{margin:2px 0}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--page);border-radius:8px;padding:10px 12px;margin:8px 0;
font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
details{margin-top:10px}summary{cursor:pointer;color:var(--soft);font-size:.9rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:5px 12px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:600;font-size:.82rem}.r{text-align:right}.r+:not(.r){padding-left:10px}td:last-child,th:last-child{padding-right:0}
.facts{display:flex;flex-wrap:wrap;gap:6px 28px;margin:8px 0}
.facts div{min-width:110px;max-width:100%}
.facts dt{color:var(--soft);font-size:.82rem}.facts dd{margin:0;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,380px),1fr));gap:24px;margin-top:14px;align-items:start}
.plots>*{min-width:0}
.gallery{display:grid;gap:12px;margin-top:12px}
.gallery.small{grid-template-columns:repeat(auto-fill,minmax(min(46%,150px),1fr))}
.gallery.medium{grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr))}
.gallery.large{grid-template-columns:1fr}
figure{margin:0}figure img{display:block;width:100%;height:auto;border-radius:8px;background:var(--page)}
figcaption{color:var(--soft);font-size:.8rem;margin-top:3px;overflow-wrap:anywhere}
footer{color:var(--soft);font-size:.85rem;margin-top:24px}
@media (max-width:560px){main{padding:18px 12px 32px}section{padding:14px}header h1{font-size:1.5rem}
.tiles{grid-template-columns:repeat(2,1fr)}.tile{padding:10px 12px}.tile b{font-size:1.35rem}.head .soft{margin-left:0;width:100%}}
@media print{:root{--ground:#fff;--page:#fff;--ink:#000;--soft:#444;--line:#ccc}body{font-size:11pt}
main{max-width:none;padding:0}section,.tile,figure,.plot{break-inside:avoid}section{border:0;padding:8px 0}details>*{display:revert}}
)css";
}

}  // namespace jetline
