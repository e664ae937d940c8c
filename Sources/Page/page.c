// The dashboard's files, embedded as they are: the browser gets what is in `files`, without a build step between.
#include "page.h"

static const unsigned char index_html[] = {
#embed "files/index.html"
};
static const unsigned char style_css[] = {
#embed "files/style.css"
};
static const unsigned char icon_svg[] = {
#embed "files/icon.svg"
};
static const unsigned char app_js[] = {
#embed "files/app.js"
};
static const unsigned char charts_js[] = {
#embed "files/charts.js"
};
static const unsigned char counts_js[] = {
#embed "files/counts.js"
};
static const unsigned char dom_js[] = {
#embed "files/dom.js"
};
static const unsigned char feed_js[] = {
#embed "files/feed.js"
};
static const unsigned char ledger_js[] = {
#embed "files/ledger.js"
};
static const unsigned char links_js[] = {
#embed "files/links.js"
};
static const unsigned char panel_js[] = {
#embed "files/panel.js"
};
static const unsigned char screen_js[] = {
#embed "files/screen.js"
};
static const unsigned char server_js[] = {
#embed "files/server.js"
};
static const unsigned char session_js[] = {
#embed "files/session.js"
};

static const struct page_file files[] = {
    {"index.html", index_html, sizeof index_html}, {"style.css", style_css, sizeof style_css},
    {"icon.svg", icon_svg, sizeof icon_svg},       {"app.js", app_js, sizeof app_js},
    {"charts.js", charts_js, sizeof charts_js},    {"counts.js", counts_js, sizeof counts_js},
    {"dom.js", dom_js, sizeof dom_js},             {"feed.js", feed_js, sizeof feed_js},
    {"ledger.js", ledger_js, sizeof ledger_js},    {"links.js", links_js, sizeof links_js},
    {"panel.js", panel_js, sizeof panel_js},       {"server.js", server_js, sizeof server_js},
    {"screen.js", screen_js, sizeof screen_js},    {"session.js", session_js, sizeof session_js},
};

size_t page_file_count(void) { return sizeof files / sizeof files[0]; }

struct page_file page_file_at(size_t index) { return files[index]; }
