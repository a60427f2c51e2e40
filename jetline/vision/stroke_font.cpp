#include "jetline/vision/stroke_font.h"

#include <cstring>

namespace jetline {
namespace {

// One glyph a string: a letter for its width, then strokes. A point is two letters, x and y, 'a' for 0.
// A plain stroke is a polyline; "~" makes it a quadratic B-spline over its points that begins and ends on the
// first and last, "@" a closed one (four corners give an ellipse).
const char* const kGlyphs[] = {
    "e",                                     // space
    "a aaaj anao",                           // !
    "e aaae eaee",                           // "
    "k eaco iago afkf ajkj",                 // #
    "i ~idhbabahihinbnal eaeo",              // $
    "m labo @aafaffaf @hjmjmoho",            // %
    "k ~kocfbaiaifahaoioki",                 // &
    "a aaae",                                // '
    "d ~daaeamdq",                           // (
    "d ~aadedmaq",                           // )
    "i ebej bdhh hdbh",                      // *
    "k fdfn aiki",                           // +
    "b bnboar",                              // ,
    "g aigi",                                // -
    "a anao",                                // .
    "j jaaq",                                // /
    "j @aajajoao",                           // 0
    "j cdfafo",                              // 1
    "j ~aeaajajgao aojo",                    // 2
    "j ~adbaiaihdh ~dhjhjoaoal",             // 3
    "j hohaakjk",                            // 4
    "j iabaag ~agcfjfjoaoal",                // 5
    "j @afjfjoao ~ibhaaaaj",                 // 6
    "j aajado",                              // 7
    "j @baiaihbh @ahjhjoao",                 // 8
    "j @aajajjaj ~jfjocobn",                 // 9
    "a afag anao",                           // :
    "b bfbg bnboar",                         // ;
    "i idaiin",                              // <
    "k agkg akkk",                           // =
    "i adiian",                              // >
    "i ~adaaiaifegek eneo",                  // ?
    "o @fekekkfk ~kekloloaaaaolo",           // @
    "k aofako cjij",                         // A
    "j aaao ~aaiaihah ~ahjhjoao",            // B
    "j ~jdiaaaaoiojl",                       // C
    "j aaao ~aajajoao",                      // D
    "i iaaaaoio ahgh",                       // E
    "i iaaaao ahgh",                         // F
    "k ~jdiaaaaokoki gikiko",                // G
    "j aaao jajo ahjh",                      // H
    "a aaao",                                // I
    "h ~hahoaoak",                           // J
    "j aaao jaaj dgjo",                      // K
    "h aaaoho",                              // L
    "k aoaafkkako",                          // M
    "j aoaajoja",                            // N
    "k @aakakoao",                           // O
    "j aoaa ~aajajiai",                      // P
    "k @aakakoao gkkp",                      // Q
    "j aoaa ~aaiaihah ehjo",                 // R
    "i ~ichaaaahihioboam",                   // S
    "i aaia eaeo",                           // T
    "j ~aaaojoja",                           // U
    "k aafoka",                              // V
    "o aadohclooa",                          // W
    "j aajo jaao",                           // X
    "k aafhka fhfo",                         // Y
    "j aajaaojo",                            // Z
    "d daaaaqdq",                            // [
    "j aajq",                                // backslash
    "d aadadqaq",                            // ]
    "i afeaif",                              // ^
    "k apkp",                                // _
    "d aadd",                                // `
    "i @afifioao ifio",                      // a
    "i aaao @afifioao",                      // b
    "i ~ihhfafaohoim",                       // c
    "i iaio @afifioao",                      // d
    "i ajij ~ijifafaohoim",                  // e
    "f ~facacg cgco afff",                   // f
    "i @afifioao ~ifisbsaq",                 // g
    "i aaao ~akafifik ikio",                 // h
    "a afao aaab",                           // i
    "d ~dfdsas dadb",                        // j
    "i aaao ifal djio",                      // k
    "c ~aaalaoco",                           // l
    "o afao ~akafhfhk hkho ~hkhfofok okoo",  // m
    "i afao ~akafifik ikio",                 // n
    "i @afifioao",                           // o
    "i afas @afifioao",                      // p
    "i ifis @afifioao",                      // q
    "f afao ~akafff",                        // r
    "h ~hhgfafajhjhoboam",                   // s
    "f ~cbcofo afff",                        // t
    "i ~afaoioij ifio",                      // u
    "i afeoif",                              // v
    "m afdoghjomf",                          // w
    "i afio ifao",                           // x
    "i afeo ifcs",                           // y
    "h afhfaoho",                            // z
    "f ~fadadiai ~aididqfq",                 // {
    "a aaaq",                                // |
    "f ~aacacifi ~ficicqaq",                 // }
    "k ~ajdfhmkh",                           // ~
};
static_assert(sizeof kGlyphs / sizeof *kGlyphs == 95, "one glyph for each of 32 to 126");

const char* glyph_code(char c) {
  return kGlyphs[c >= ' ' && c <= '~' ? c - ' ' : '?' - ' '];
}

Point2f glyph_middle(Point2f a, Point2f b) {
  return {(a.x + b.x) / 2, (a.y + b.y) / 2};
}

// A parabola from `a` to `b` that leaves and arrives towards `towards`, without its first point.
void glyph_bend(std::vector<Point2f>& out, Point2f a, Point2f towards, Point2f b) {
  constexpr int kPieces = 6;
  for (int i = 1; i <= kPieces; ++i) {
    const float t = static_cast<float>(i) / kPieces, u = 1 - t;
    out.push_back({u * u * a.x + 2 * u * t * towards.x + t * t * b.x,
                   u * u * a.y + 2 * u * t * towards.y + t * t * b.y});
  }
}

std::vector<Point2f> glyph_round(const std::vector<Point2f>& p, bool closed) {
  const size_t n = p.size();
  std::vector<Point2f> out = {closed ? glyph_middle(p[n - 1], p[0]) : p[0]};
  for (size_t i = closed ? 0 : 1; i < (closed ? n : n - 1); ++i) {
    const Point2f from = closed || i > 1 ? glyph_middle(p[(i + n - 1) % n], p[i]) : p[0];
    const Point2f to = closed || i + 2 < n ? glyph_middle(p[i], p[(i + 1) % n]) : p[n - 1];
    glyph_bend(out, from, p[i], to);
  }
  return out;
}

}  // namespace

float glyph_width(char c) {
  return static_cast<float>(glyph_code(c)[0] - 'a');
}

std::vector<std::vector<Point2f>> glyph_strokes(char c) {
  std::vector<std::vector<Point2f>> strokes;
  for (const char* code = glyph_code(c) + 1; *code == ' ';) {
    const char kind = *++code;
    if (kind == '~' || kind == '@') ++code;
    std::vector<Point2f> points;
    for (; *code && *code != ' '; code += 2) {
      points.push_back({static_cast<float>(code[0] - 'a'), static_cast<float>(code[1] - 'a')});
    }
    strokes.push_back(kind == '~' || kind == '@' ? glyph_round(points, kind == '@') : points);
  }
  return strokes;
}

}  // namespace jetline
