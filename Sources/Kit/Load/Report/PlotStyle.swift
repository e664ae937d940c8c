extension HTMLReport {
    /// Of everything drawn. A and B are blue and orange, apart for every kind of colour vision, and differ in the shape of their marks.
    static let plotStyle = #"""
        .figure { width: 100%; height: auto; overflow: visible; }
        .figure.narrow, .figure.middle, .figure.wide { display: none; }
        @media (max-width: 599.9px) { .figure.narrow { display: block; } }
        @media (min-width: 600px) and (max-width: 1039.9px) { .figure.middle { display: block; } }
        @media (min-width: 1040px) { .figure.wide { display: block; } }
        svg text { font-size: 12.5px; fill: var(--ink); }
        svg .tick, svg .soft { fill: var(--soft); font-size: 12px; }
        svg text.strong { font-weight: 600; }
        .grid { stroke: var(--grid); }
        .axis { stroke: var(--quiet); }
        .grid, .axis { fill: none; shape-rendering: crispEdges; }
        .curve { fill: none; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }
        .curve.a { stroke: var(--a); }
        .curve.b { stroke: var(--b); }
        .curve.ink { stroke: var(--ink); stroke-width: 1.5; }
        .curve.quiet { stroke: var(--quiet); stroke-width: 1.5; }
        .curve.thin { stroke-width: 1; stroke-dasharray: 2 4; }
        .point { stroke-width: 2; fill: var(--bg); }
        .point.a { stroke: var(--a); }
        .point.b { stroke: var(--b); fill: var(--b); }
        .point.quiet { stroke: var(--quiet); }
        .tint.b { fill: var(--b); opacity: .09; }
        svg text.tag { font-weight: 700; font-size: 14px; }
        svg text:is(.a, .name.a) { fill: var(--a); }
        svg text:is(.b, .name.b) { fill: var(--b); }
        svg text.quiet { fill: var(--soft); }
        svg text.drop { fill: var(--soft); }
        svg text.fail { fill: var(--fail); }
        .whisker { stroke: var(--b); stroke-width: 2.25; fill: none; }
        .allowed { fill: var(--pass); opacity: .1; }
        .bound { stroke: var(--pass); stroke-width: 1.5; }
        svg text.bound-word { fill: var(--pass); font-size: 12px; }
        .halo { paint-order: stroke; stroke: var(--bg); stroke-width: 4px; stroke-linejoin: round; }
        .key { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .375rem 1.75rem; font-size: .875rem; margin-bottom: .875rem; }
        .key li { display: flex; align-items: center; gap: .5rem; }
        .swatch { width: 26px; height: 12px; flex: none; }
        .unmeasured { fill: var(--shade); }
        .phase { fill: var(--quiet); opacity: .5; }
        .phase.measured { fill: var(--ink); opacity: 1; }
        .turn.a { fill: var(--a); }
        .turn.b { fill: var(--b); }
        .dot.a { fill: none; stroke: var(--a); opacity: .75; }
        .dot.b { fill: var(--b); opacity: .75; }
        .bar.drop { fill: var(--quiet); }
        rect.bar.fail { fill: var(--fail); }
        .down { fill: var(--fail); opacity: .16; }
        .stop { stroke: var(--fail); stroke-width: 1.5; }
        svg.bar { display: block; width: 100%; height: 1.75rem; border-radius: 3px; }
        .part.received { fill: var(--a); }
        .part.named { fill: var(--a); opacity: .5; }
        .part.holes { fill: var(--quiet); opacity: .55; }
        .part.doubt { fill: var(--quiet); opacity: .55; }
        .part.fail { fill: var(--fail); }
        .stripe { stroke: var(--bg); stroke-width: 2.5; }

        """#

    /// On paper: light colours, no page break within a figure or a row, and nothing folded away.
    static let printStyle = #"""
        @page { margin: 14mm; }
        @media print {
        :root { color-scheme: light; --bg: #fff; --card: #fff; --ink: #111; --soft: #555; --line: #ddd; --grid: #eaeaea; --pass: #136556; --pass-bg: #fff; --fail: #a12a1b; --fail-bg: #fff; --open: #7d5a00; --open-bg: #fff; --a: #1d5fa8; --b: #b54d05; --quiet: #8a8d86; --shade: #f4f4f2; }
        body { font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        .strip, main, footer { padding-inline: 0; }
        section { padding-top: 2rem; }
        h2, h3, .lead, .key { break-after: avoid; }
        figure, tr, .facts, .tiles, .equation { break-inside: avoid; }
        .box { overflow: visible; }
        .box:not(.stacked) table { font-size: 6.5pt; }
        .box:not(.stacked) :is(th, td) { padding-right: .5rem; }
        .box:not(.stacked) code { font-size: inherit; }
        details::details-content { content-visibility: visible; height: auto; }
        summary { display: none; }
        }
        """#
}
