extension HTMLReport {
    /// The whole style sheet. It names nothing outside the page; `PlotStyle` has the drawings' half.
    static let style = pageStyle + plotStyle + printStyle

    private static let pageStyle = #"""
        :root { color-scheme: light dark; --bg: #faf9f6; --card: #fffefb; --ink: #1b1d1b; --soft: #62655f; --line: #e2e0d8; --grid: #ebe9e2; --pass: #136556; --pass-bg: #e3f0ea; --fail: #a12a1b; --fail-bg: #fae7e2; --open: #7d5a00; --open-bg: #f7edd3; --a: #1d5fa8; --b: #b54d05; --quiet: #8a8d86; --shade: #f1efe9; }
        @media (prefers-color-scheme: dark) { :root { --bg: #121513; --card: #181b19; --ink: #ebece6; --soft: #a2a69e; --line: #2f3430; --grid: #262a27; --pass: #77d3bb; --pass-bg: #15281f; --fail: #ff9d8b; --fail-bg: #331a16; --open: #e9c665; --open-bg: #2b2411; --a: #7cb5f5; --b: #f59a4e; --quiet: #7f857d; --shade: #191d1a; } }
        * { box-sizing: border-box; margin: 0; }
        html { -webkit-text-size-adjust: 100%; }
        body { background: var(--bg); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; font-variant-numeric: tabular-nums; }
        .strip, main, footer { padding-inline: max(1.25rem, (100% - 65rem) / 2); }
        @media (min-width: 600px) { .strip, main, footer { padding-inline: max(2.5rem, (100% - 65rem) / 2); } }
        .strip { padding-block: 1.5rem 2.5rem; border-bottom: 1px solid var(--line); }
        .strip.pass { --verdict: var(--pass); background: var(--pass-bg); }
        .strip.fail { --verdict: var(--fail); background: var(--fail-bg); }
        .strip.open { --verdict: var(--open); background: var(--open-bg); }
        .kind { display: flex; justify-content: space-between; gap: 1rem; font-size: .875rem; color: var(--soft); }
        .kind .name { font-weight: 600; color: var(--ink); overflow-wrap: anywhere; text-align: right; }
        h1 { display: flex; align-items: center; gap: .22em; color: var(--verdict); font-size: clamp(2.5rem, 10.5vw, 5.75rem); font-weight: 700; letter-spacing: -.045em; line-height: 1; margin: clamp(2rem, 6vw, 4rem) 0 1.25rem; }
        h1 .sign { flex: none; width: .7em; height: .7em; }
        .sign circle { fill: currentColor; }
        .sign path { fill: none; stroke: var(--bg); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
        .reasons { list-style: none; padding: 0; max-width: 46rem; }
        .reasons li, .reason { font-size: clamp(1.125rem, 2.4vw, 1.375rem); line-height: 1.4; font-weight: 500; text-wrap: pretty; }
        .reasons li + li { margin-top: .375rem; font-size: 1.0625rem; font-weight: 400; }
        .tested { max-width: 46rem; margin-top: 1rem; color: var(--soft); text-wrap: pretty; }
        .tiles { list-style: none; padding: 0; display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1.75rem 1.75rem; margin: 2.5rem 0; }
        .tiles li { border-top: 2px solid var(--ink); padding-top: .75rem; font-size: .875rem; line-height: 1.4; color: var(--soft); text-wrap: pretty; }
        .tiles li { max-width: 16rem; }
        .tiles li.bad { border-color: var(--fail); }
        .figure-word { display: block; font-size: 2rem; line-height: 1.15; letter-spacing: -.03em; font-weight: 600; color: var(--ink); margin-bottom: .25rem; }
        .bad .figure-word { color: var(--fail); }
        .command { margin-top: 1.25rem; overflow-wrap: anywhere; }
        .command::before { content: "$ "; color: var(--soft); font-family: ui-monospace, monospace; font-size: .8125rem; }
        .remark { margin-top: .75rem; max-width: 46rem; font-size: .9375rem; }
        code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .8125rem; overflow-wrap: anywhere; }
        :is(th, td) code { overflow-wrap: break-word; }
        section { padding-top: clamp(3rem, 7vw, 5rem); }
        h2 { font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -.02em; text-wrap: balance; }
        h3 { font-size: 1rem; font-weight: 650; margin: 2.5rem 0 .75rem; }
        .lead { color: var(--soft); max-width: 46rem; margin: .5rem 0 1.75rem; text-wrap: pretty; }
        figure { margin: 0; }
        figcaption { color: var(--soft); font-size: .875rem; max-width: 46rem; margin-top: .75rem; text-wrap: pretty; }
        .facts { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin-top: 1.75rem; }
        .facts dt { font-size: .8125rem; color: var(--soft); }
        .facts dd { margin: 0; font-weight: 500; overflow-wrap: anywhere; }
        .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 0 4rem; }
        .columns h3 { margin-top: 2rem; }
        .columns .facts { display: block; margin-top: 0; }
        .columns .facts div { display: flex; justify-content: space-between; gap: 1.5rem; padding: .4375rem 0; border-bottom: 1px solid var(--line); }
        .columns .facts dt { font-size: .9375rem; }
        .columns .facts dd { text-align: right; font-size: .9375rem; flex: none; max-width: 65%; }
        .plain { list-style: none; padding: 0; margin: 1rem 0 1.5rem; }
        .plain li { padding: .25rem 0; overflow-wrap: anywhere; }
        ol { padding-left: 1.25rem; max-width: 46rem; margin-top: 1rem; }
        ol li { padding: .375rem 0 .375rem .25rem; text-wrap: pretty; }
        ol li::marker { color: var(--soft); }
        footer { padding-block: 4rem 3rem; color: var(--soft); font-size: .8125rem; overflow-wrap: anywhere; }
        .soft { color: var(--soft); }
        .strong { font-weight: 650; }
        .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        .box { overflow-x: auto; margin-top: 1rem; position: relative; }
        :focus-visible { outline: 2px solid var(--a); outline-offset: 3px; border-radius: 2px; }
        table { width: 100%; border-collapse: separate; border-spacing: 0; font-size: .875rem; line-height: 1.4; }
        th, td { text-align: left; vertical-align: baseline; padding: .5625rem 1.125rem .5625rem 0; border-bottom: 1px solid var(--line); font-weight: 400; }
        th:last-child, td:last-child { padding-right: 0; }
        thead th { color: var(--soft); font-size: .8125rem; border-bottom-color: var(--quiet); vertical-align: bottom; }
        .box:not(.stacked) :is(th, td) { white-space: nowrap; }
        .box:not(.stacked) :is(th, td):first-child { position: sticky; left: 0; background: var(--bg); }
        .number { text-align: right; white-space: nowrap; }
        .zero { color: var(--soft); }
        td.fail { color: var(--fail); font-weight: 650; }
        .note { display: block; font-weight: 400; color: var(--soft); font-size: .8125rem; white-space: normal; }
        .verdict { font-weight: 600; white-space: nowrap; }
        .verdict .sign { width: 1rem; height: 1rem; margin-right: .4375rem; vertical-align: -.1875rem; }
        .verdict.pass { color: var(--pass); }
        .verdict.fail { color: var(--fail); }
        .verdict.open { color: var(--open); }
        details { margin-top: .75rem; }
        summary { cursor: pointer; color: var(--soft); font-size: .875rem; padding: .375rem 0; width: fit-content; }
        @media (max-width: 640px) {
        .stacked thead { display: none; }
        .stacked :is(table, tbody, tr, th, td) { display: block; }
        .stacked tr { padding: .75rem 0; border-bottom: 1px solid var(--line); }
        .stacked :is(th, td) { border: 0; padding: .125rem 0; white-space: normal; }
        .stacked .number { display: flex; justify-content: space-between; gap: 1.5rem; text-align: right; }
        .stacked .number::before { content: attr(data-column); color: var(--soft); }
        .facts { display: block; }
        .facts div { display: flex; justify-content: space-between; gap: 1.5rem; padding: .3125rem 0; }
        .facts dd { text-align: right; flex: none; max-width: 65%; }
        .stacked th { font-weight: 650; }
        }
        .equation { display: flex; flex-wrap: wrap; gap: 1.25rem 1.375rem; margin-top: 1.25rem; }
        .term { position: relative; display: grid; grid-template-columns: auto auto; column-gap: .75rem; font-size: .875rem; line-height: 1.4; }
        .term .operator { grid-row: 1 / 4; font-size: 1.5rem; line-height: 1.9rem; color: var(--soft); }
        .term .operator:empty { display: none; }
        .term .count { font-size: 1.375rem; line-height: 1.9rem; font-weight: 600; letter-spacing: -.02em; }
        .term .count, .term .name, .term .soft { grid-column: 2; }
        .term.owed :is(.count, .name, .soft) { grid-column: 1; }
        .term.zero .count { color: var(--soft); font-weight: 400; }
        .term.fail .count, .term.fail .name { color: var(--fail); }
        .term i { display: inline-block; width: .6875rem; height: .6875rem; margin-right: .4375rem; border-radius: 2px; }
        .owed i, .none i { display: none; }
        .received i { background: var(--a); }
        .named i { background: repeating-linear-gradient(90deg, var(--a) 0 2px, transparent 2px 4px); }
        .holes i { background: repeating-linear-gradient(0deg, var(--quiet) 0 2px, transparent 2px 4px); }
        .doubt i { background: repeating-linear-gradient(90deg, var(--quiet) 0 2px, transparent 2px 4px); }
        .term.fail i { background: var(--fail); }

        """#
}
