// The script in two parts: coordinates, as place.cpp and scene.cpp compute them, and what a reader does with
// the page. Plain JavaScript without a library and without the network; names come in as data and go out
// through textContent and setAttribute only.
#include "jetline/picture/page_script.h"

namespace jetline::picture {
namespace {

// Kinds of cells: 0 item, 1 dummy, 2 in, 3 out.
const char kLayoutScript[] = R"JS(
const GAP=34,ITEM_GAP=26,THIN_GAP=12,LANE=7,COLUMN_GAP=30,PAD=12,HEAD=24,RADIUS=6;
const levelOf=new Map(LEVELS.map(l=>[l.g,l]));
for(const l of LEVELS){
  l.layer=new Array(l.c.length).fill(0);
  l.l.forEach((cells,i)=>cells.forEach(c=>l.layer[c]=i));
  l.up=l.c.map(()=>[]);l.down=l.c.map(()=>[]);
  l.segments=[];const seen=new Map();
  for(const run of l.r){
    const wire=run[0],back=run[1]===1,cells=run.slice(2);
    for(let k=0;k+1<cells.length;k++){
      const key=cells[k]+":"+cells[k+1],s={a:cells[k],b:cells[k+1],wire,back,ends:back?k===0:k+2===cells.length};
      if(!seen.has(key)){l.down[s.a].push(s.b);l.up[s.b].push(s.a);}
      else if(seen.get(key)===wire)continue;
      seen.set(key,wire);l.segments.push(s);
    }
  }
}
const isOpen=i=>ITEMS[i].g&&ITEMS[i].o&&levelOf.has(i);
const gapOf=(l,a,b)=>l.c[a][0]!==0||l.c[b][0]!==0?THIN_GAP:ITEM_GAP;

// Positions nearest to the wanted ones that keep order and gaps: pool adjacent violators.
function fitLayer(l,layer,wanted,weight,w,x){
  const pools=[],offset=[0];
  layer.forEach((c,i)=>{
    if(i>0)offset[i]=offset[i-1]+gapOf(l,layer[i-1],c)+(w[layer[i-1]]+w[c])/2;
    pools.push({s:(wanted[i]-offset[i])*weight[i],w:weight[i],n:1});
    while(pools.length>1){
      const b=pools[pools.length-1],a=pools[pools.length-2];
      if(a.s/a.w<=b.s/b.w)break;
      a.s+=b.s;a.w+=b.w;a.n+=b.n;pools.pop();
    }
  });
  let i=0;
  for(const p of pools)for(let k=0;k<p.n;k++,i++)x[layer[i]]=p.s/p.w+offset[i];
}
function sweep(l,w,down,both,x){
  const n=l.l.length;
  for(let k=0;k<n;k++){
    const layer=l.l[down?k:n-1-k],wanted=[],weight=[];
    for(const c of layer){
      let sum=0,total=0;
      const add=list=>{for(const o of list){const f=l.c[c][0]===1||l.c[o][0]===1?3:1;sum+=f*x[o];total+=f;}};
      if(down||both)add(l.up[c]);
      if(!down||both)add(l.down[c]);
      wanted.push(total>0?sum/total:x[c]);weight.push(total>0?total:0.1);
    }
    fitLayer(l,layer,wanted,weight,w,x);
  }
}
function breakLayers(e,crossing,columns){
  let at=0;const ends=e.map(x=>at+=x.height+GAP),starts=[0];
  for(let c=1;c<columns;c++){
    const target=at*c/columns,span=0.2*at/columns;let best=0,least=Infinity;
    for(let i=starts[starts.length-1]+1;i<e.length;i++){
      const off=(ends[i-1]-target)/span,cost=crossing[i-1]*0.12+off*off;
      if(cost<least){least=cost;best=i;}
    }
    if(best===0)break;
    starts.push(best);
  }
  return starts;
}
function measure(e,crossing,columns){
  const starts=columns>1?breakLayers(e,crossing,columns):[0];let width=0,height=0;
  starts.forEach((s,k)=>{
    const part=e.slice(s,k+1<starts.length?starts[k+1]:e.length);
    width+=Math.max(...part.map(p=>p.right))-Math.min(...part.map(p=>p.left))+(k?COLUMN_GAP+LANE*crossing[s-1]:0);
    height=Math.max(height,part.reduce((h,p)=>h+p.height+GAP,0));
  });
  return {starts,width,height};
}
function placeLevel(l){
  const n=l.c.length,x=new Array(n).fill(0),y=new Array(n).fill(0),w=[],h=[];
  for(const [kind,item] of l.c){
    if(kind!==0){w.push(2);h.push(0);}
    else if(isOpen(item)){
      const p=placeLevel(levelOf.get(item));
      w.push(Math.max(p.width+2*PAD,ITEMS[item].w));h.push(p.height+HEAD+PAD);
    }else{w.push(ITEMS[item].w);h.push(ITEMS[item].h);}
  }
  for(const layer of l.l){
    let at=0;
    layer.forEach((c,i)=>{at+=i?gapOf(l,layer[i-1],c)+w[c]/2:0;x[c]=at;at+=w[c]/2;});
    for(const c of layer)x[c]-=at/2;
  }
  for(let round=0;round<6;round++)sweep(l,w,round%2===0,false,x);
  sweep(l,w,true,true,x);sweep(l,w,false,true,x);
  const crossing=l.l.map(layer=>layer.reduce((s,c)=>s+l.down[c].length,0));
  const e=l.l.map(layer=>({left:Math.min(...layer.map(c=>x[c]-w[c]/2)),right:Math.max(...layer.map(c=>x[c]+w[c]/2)),
    height:Math.max(...layer.map(c=>h[c]))}));
  let chosen=measure(e,crossing,1);
  if(chosen.height>900&&chosen.height>1.6*chosen.width&&l.l.length>=5){
    let best=Infinity;const most=Math.min(24,Math.floor(l.l.length/2));
    for(let k=1;k<=most;k++){
      const c=measure(e,crossing,k),off=Math.abs(Math.log(c.width/(c.height+1)/1.5));
      if(off<best){best=off;chosen=c;}
    }
  }
  const starts=chosen.starts,columns=starts.length;let lanes=0;
  for(let k=1;k<columns;k++)lanes=Math.max(lanes,crossing[starts[k]-1]);
  const p={x,y,w,h,column:[],above:[],below:[],gutter:[],bottom:[],top:columns>1?8+LANE*lanes:0,width:0,height:0};
  let left=0;
  for(let k=0;k<columns;k++){
    const begin=starts[k],end=k+1<columns?starts[k+1]:l.l.length;
    const lo=Math.min(...e.slice(begin,end).map(q=>q.left)),hi=Math.max(...e.slice(begin,end).map(q=>q.right));
    let at=p.top;
    for(let i=begin;i<end;i++){
      p.column[i]=k;p.above[i]=at;p.below[i]=at+e[i].height;
      for(const c of l.l[i]){x[c]+=left-lo;if(l.c[c][0]===1)h[c]=e[i].height;y[c]=l.c[c][0]===2?0:at+(e[i].height-h[c])/2;}
      at+=e[i].height+(i+1<end?GAP:0);
    }
    const out=k+1<columns?crossing[end-1]:0;
    left+=hi-lo;p.bottom.push(at);p.gutter.push(left+COLUMN_GAP/2);
    p.height=Math.max(p.height,at+(out?12+LANE*out:0));
    if(k+1<columns)left+=COLUMN_GAP+LANE*out;
  }
  p.width=left;
  l.c.forEach((c,i)=>{if(c[0]===3)y[i]=p.height;});
  l.p=p;
  return p;
}
)JS";

const char kDrawScript[] = R"JS(
const NS="http://www.w3.org/2000/svg",view=document.getElementById("view"),stage=document.getElementById("stage"),
  info=document.getElementById("info"),svg=stage.querySelector("svg");
const make=(name,attributes,parent)=>{
  const el=document.createElementNS(NS,name);
  for(const k in attributes)el.setAttribute(k,attributes[k]);
  if(parent)parent.appendChild(el);
  return el;
};
const text=(css,x,y,words,parent,middle)=>{
  const el=make("text",{class:css,x,y},parent);
  if(middle)el.setAttribute("text-anchor","middle");
  el.textContent=words;
};
const f=v=>Math.round(v*10)/10;
function rounded(pts){
  let d="M"+f(pts[0][0])+" "+f(pts[0][1]);
  for(let i=1;i<pts.length;i++){
    const b=pts[i];
    if(i+1===pts.length)return d+"L"+f(b[0])+" "+f(b[1]);
    const to=t=>{const dx=t[0]-b[0],dy=t[1]-b[1],n=Math.max(1e-6,Math.abs(dx)+Math.abs(dy)),r=Math.min(RADIUS,n/2);
      return [b[0]+dx/n*r,b[1]+dy/n*r];};
    const p=to(pts[i-1]),q=to(pts[i+1]);
    d+="L"+f(p[0])+" "+f(p[1])+"Q"+f(b[0])+" "+f(b[1])+" "+f(q[0])+" "+f(q[1]);
  }
  return d;
}
function curve(a,b){
  if(Math.abs(a[0]-b[0])<0.6)return "M"+f(a[0])+" "+f(a[1])+"L"+f(b[0])+" "+f(b[1]);
  const k=Math.max(8,(b[1]-a[1])*0.5);
  return "M"+f(a[0])+" "+f(a[1])+"C"+f(a[0])+" "+f(a[1]+k)+" "+f(b[0])+" "+f(b[1]-k)+" "+f(b[0])+" "+f(b[1]);
}
function portX(item,wire,kind,width){
  const l=levelOf.get(item);
  for(const layer of [l.l[0],l.l[l.l.length-1]])for(const c of layer)
    if(l.c[c][0]===kind&&l.c[c][1]===wire)return (width-l.p.width)/2+l.p.x[c];
  return width/2;
}
function spread(l,bottom){
  const touching=new Map(),attach=new Map(),p=l.p;
  for(const s of l.segments){
    const cell=bottom?s.a:s.b,far=bottom?s.b:s.a;
    if(l.c[cell][0]!==0)continue;
    if(!touching.has(cell))touching.set(cell,new Map());
    const wires=touching.get(cell),t=wires.get(s.wire)||[0,0];
    t[0]+=p.x[far];t[1]++;wires.set(s.wire,t);
  }
  for(const [cell,wires] of touching){
    const order=[...wires].map(([wire,t])=>[t[0]/t[1],wire]).sort((a,b)=>a[0]-b[0]||a[1]-b[1]);
    const step=Math.min(18,p.w[cell]/(order.length+1)),item=l.c[cell][1];
    order.forEach(([,wire],k)=>attach.set(cell+":"+wire,isOpen(item)
      ?p.x[cell]-p.w[cell]/2+portX(item,wire,bottom?3:2,p.w[cell])
      :p.x[cell]+(k-(order.length-1)/2)*step));
  }
  return attach;
}
function drawLevel(l,x0,y0,frames,lines,boxes){
  const p=l.p;
  l.c.forEach(([kind,i],c)=>{
    if(kind!==0)return;
    const x=x0+p.x[c]-p.w[c]/2,y=y0+p.y[c];
    drawBox(i,x,y,p.w[c],p.h[c],isOpen(i)?frames:boxes);
    if(!isOpen(i))return;
    const inner=levelOf.get(i);
    drawLevel(inner,x+(p.w[c]-inner.p.width)/2,y+HEAD,frames,lines,boxes);
  });
  const below=spread(l,true),above=spread(l,false),lanes={},labels=new Map();
  for(const s of l.segments){
    const from=[x0+p.x[s.a],y0+p.y[s.a]+p.h[s.a]],to=[x0+p.x[s.b],y0+p.y[s.b]];
    const fromItem=l.c[s.a][0]===0,toItem=l.c[s.b][0]===0,ka=p.column[l.layer[s.a]],kb=p.column[l.layer[s.b]];
    if(fromItem)from[0]=x0+below.get(s.a+":"+s.wire);
    if(toItem)to[0]=x0+above.get(s.b+":"+s.wire);
    if(l.c[s.a][0]===2)from[1]=y0-HEAD;
    if(l.c[s.b][0]===3)to[1]=y0+p.height+PAD;
    let d;
    if(ka===kb){
      const out=[from[0],Math.max(from[1],y0+p.below[l.layer[s.a]])],into=[to[0],Math.min(to[1],y0+p.above[l.layer[s.b]])];
      d=curve(out,into);
      if(out[1]>from[1])d="M"+f(from[0])+" "+f(from[1])+"L"+d.slice(1);
      if(into[1]<to[1])d+="V"+f(to[1]);
    }
    else{
      const lane=lanes[ka]=(lanes[ka]===undefined?0:lanes[ka]+1);
      const low=y0+p.bottom[ka]+12+lane*LANE,gx=x0+p.gutter[ka]+lane*LANE,high=y0+p.top-8-lane*LANE;
      d=rounded([from,[from[0],low],[gx,low],[gx,high],[to[0],high],to]);
    }
    if(l.c[s.b][0]===1&&p.h[s.b]>0)d+="V"+f(to[1]+p.h[s.b]);
    const path=make("path",{class:"w"+(s.back?" r":""),d},lines);
    path.dataset.wire=s.wire;
    const end=s.back?s.a:s.b;
    if(s.ends&&l.c[end][0]===0&&!isOpen(l.c[end][1]))path.setAttribute(s.back?"marker-start":"marker-end","url(#arrow)");
    const shape=WIRES[s.wire][1];
    if(fromItem&&!s.back&&shape&&!isOpen(l.c[s.a][1])&&!ITEMS[l.c[s.a][1]].e){
      const t=labels.get(s.a)||{x:-Infinity,y:from[1],shapes:[]};
      t.x=Math.max(t.x,from[0]);
      if(!t.shapes.includes(shape))t.shapes.push(shape);
      labels.set(s.a,t);
    }
  }
  for(const t of labels.values())
    text("l",f(t.x+4),f(t.y+11),t.shapes.slice(0,3).join(" · ")+(t.shapes.length>3?" …":""),boxes);
}
function drawBox(i,x,y,w,h,parent){
  const item=ITEMS[i],open=isOpen(i);
  const g=make("g",{class:"i",tabindex:0,role:item.g?"button":"img","aria-label":item.t+(item.s?", "+item.s:"")},parent);
  if(item.g)g.setAttribute("aria-expanded",open?"true":"false");
  g.dataset.item=i;
  make("rect",{class:open?"o":"b c-"+item.c,x:f(x),y:f(y),width:f(w),height:f(h),rx:item.g?8:5},g);
  make("title",{},g).textContent=item.t+(item.g?(open?"\nclick to fold":"\nclick to open"):"");
  if(open){text("s",f(x+10),f(y+15),"− "+item.t,g);return;}
  if(item.g)make("rect",{class:"x",x:f(x+3),y:f(y+3),width:f(w-6),height:f(h-6),rx:6},g);
  let line=y+16;
  for(const [css,words] of [["t",item.g?"+ "+item.t:item.t],["s",item.s],["s",item.n]])
    if(words){text(css,f(x+w/2),f(line),words,g,true);line+=14;}
}
let size=[0,0],scale=1,tx=0,ty=0;
const boxOf=i=>view.querySelector('g.i[data-item="'+i+'"]');
function draw(){
  const root=levelOf.get(0),p=placeLevel(root);
  const frames=make("g",{}),lines=make("g",{}),boxes=make("g",{});
  drawLevel(root,0,0,frames,lines,boxes);
  view.replaceChildren(frames,lines,boxes);
  size=[p.width,p.height];
}
const move=()=>view.setAttribute("transform","translate("+f(tx)+" "+f(ty)+") scale("+scale.toFixed(4)+")");
function fit(){
  const r=stage.getBoundingClientRect(),m=20;
  scale=Math.min(1.4,(r.width-2*m)/Math.max(1,size[0]),(r.height-2*m)/Math.max(1,size[1]));
  if(scale<0.3)scale=Math.min(0.3,(r.width-2*m)/Math.max(1,size[0]))<0.12?0.3:Math.min(0.3,(r.width-2*m)/size[0]);
  tx=Math.max(m,(r.width-size[0]*scale)/2);ty=Math.max(m,(r.height-size[1]*scale)/2);
  if(size[1]*scale>r.height)ty=m;
  move();
}
function zoom(factor,cx,cy){
  const r=stage.getBoundingClientRect();
  if(cx===undefined){cx=r.width/2;cy=r.height/2;}
  const next=Math.min(4,Math.max(0.02,scale*factor));
  tx=cx-(cx-tx)*next/scale;ty=cy-(cy-ty)*next/scale;scale=next;move();
}
function center(i){
  const el=boxOf(i);
  if(!el)return;
  const r=el.getBoundingClientRect(),s=stage.getBoundingClientRect();
  if(scale<0.5)zoom(0.9/scale,r.left+r.width/2-s.left,r.top+r.height/2-s.top);
  const q=el.getBoundingClientRect();
  tx+=s.left+s.width/2-(q.left+q.width/2);ty+=s.top+s.height/2-(q.top+q.height/2);move();
}
function toggle(i){
  const before=boxOf(i).getBoundingClientRect();
  ITEMS[i].o=ITEMS[i].o?0:1;
  draw();
  const el=boxOf(i),after=el.getBoundingClientRect();
  tx+=before.left+before.width/2-(after.left+after.width/2);ty+=before.top-after.top;move();
  el.focus({preventScroll:true});
}
function show(i){
  const item=ITEMS[i];
  info.textContent=item.t+(item.s?"\n"+item.s:"")+(item.n?"\n"+item.n:"")+(item.d?"\n\n"+item.d:"");
  const mine=new Set([i]);
  ITEMS.forEach((t,k)=>{for(let q=k;q>0;q=ITEMS[q].p)if(q===i){mine.add(k);break;}});
  const near=new Set();
  WIRES.forEach((w,k)=>{if(mine.has(w[2])||w.slice(3).some(t=>mine.has(t)))near.add(String(k));});
  for(const el of view.querySelectorAll(".w"))el.classList.toggle("near",near.has(el.dataset.wire));
}
function all(open){
  ITEMS.forEach((t,i)=>{if(t.g&&i>0)t.o=open?1:0;});
  draw();fit();
}
const finder=document.getElementById("find");
let hits=[],hit=-1,words="";
function search(next){
  const want=finder.value.trim().toLowerCase();
  if(!want)return;
  if(want!==words){
    words=want;hit=-1;
    const found=new Set();
    ITEMS.forEach((t,i)=>{if(i>0&&(t.t+" "+(t.s||"")+" "+(t.d||"")).toLowerCase().includes(want))found.add(i);});
    WIRES.forEach(w=>{if(w[0].toLowerCase().includes(want))found.add(w[2]);});
    hits=[...found].sort((a,b)=>(ITEMS[a].g?1:0)-(ITEMS[b].g?1:0)||a-b);
  }
  if(!hits.length){info.textContent="nothing is called \""+want+"\"";return;}
  hit=(hit+next+hits.length)%hits.length;
  const i=hits[hit];let changed=false;
  for(let p=ITEMS[i].p;p>0;p=ITEMS[p].p)if(!ITEMS[p].o){ITEMS[p].o=1;changed=true;}
  if(changed)draw();
  center(i);show(i);
  for(const el of view.querySelectorAll(".hit"))el.classList.remove("hit");
  const el=boxOf(i);
  if(el)el.classList.add("hit");
  info.textContent=(hit+1)+" of "+hits.length+"\n"+info.textContent;
}
finder.addEventListener("keydown",e=>{
  if(e.key==="Enter")search(e.shiftKey?-1:1);
  if(e.key==="Escape")finder.blur();
  e.stopPropagation();
});
view.addEventListener("keydown",e=>{
  const g=e.target.closest("g.i");
  if(!g||(e.key!=="Enter"&&e.key!==" "))return;
  e.preventDefault();
  const i=+g.dataset.item;
  if(ITEMS[i].g)toggle(i);
  show(i);
});
view.addEventListener("focusin",e=>{const g=e.target.closest("g.i");if(g)show(+g.dataset.item);});
document.addEventListener("keydown",e=>{
  if(e.target===finder||e.ctrlKey||e.metaKey||e.altKey)return;
  const step=60,keys={"+":()=>zoom(1.25),"=":()=>zoom(1.25),"-":()=>zoom(0.8),"0":fit,
    "/":()=>finder.focus(),"e":()=>all(true),"c":()=>all(false),"Escape":()=>{info.textContent="";},
    "ArrowLeft":()=>{tx+=step;move();},"ArrowRight":()=>{tx-=step;move();},
    "ArrowUp":()=>{ty+=step;move();},"ArrowDown":()=>{ty-=step;move();}};
  if(keys[e.key]){e.preventDefault();keys[e.key]();}
});
let drag=null;
stage.addEventListener("pointerdown",e=>{if(!e.target.closest("#info"))drag={x:e.clientX,y:e.clientY,tx,ty,far:false,on:e.target};});
stage.addEventListener("pointermove",e=>{
  if(!drag)return;
  if(Math.abs(e.clientX-drag.x)+Math.abs(e.clientY-drag.y)>4){drag.far=true;stage.classList.add("drag");}
  if(drag.far){tx=drag.tx+e.clientX-drag.x;ty=drag.ty+e.clientY-drag.y;move();}
});
window.addEventListener("pointerup",()=>{
  stage.classList.remove("drag");
  const was=drag;drag=null;
  const g=was&&!was.far&&was.on.closest("g.i");
  if(!g)return;
  const i=+g.dataset.item;
  if(ITEMS[i].g)toggle(i);
  show(i);
});
stage.addEventListener("wheel",e=>{
  e.preventDefault();
  const r=stage.getBoundingClientRect();
  if(e.ctrlKey||!e.shiftKey)zoom(Math.exp(-e.deltaY*(e.deltaMode?0.05:0.0015)),e.clientX-r.left,e.clientY-r.top);
  else{tx-=e.deltaX+e.deltaY;move();}
},{passive:false});
document.getElementById("open").onclick=()=>all(true);
document.getElementById("close").onclick=()=>all(false);
document.getElementById("fit").onclick=fit;
document.getElementById("in").onclick=()=>zoom(1.25);
document.getElementById("out").onclick=()=>zoom(0.8);
window.addEventListener("resize",move);
draw();fit();
)JS";

}  // namespace

std::string page_script() {
  return std::string(kLayoutScript) + kDrawScript;
}

}  // namespace jetline::picture
