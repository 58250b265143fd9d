/// How the page looks, in light and in dark.
package enum PageStyle {
    /// The style sheet.
    package static let css = """
        :root { --ground: #ffffff; --ink: #1c2127; --soft: #5b6570; --grid: #e4e8ec; --axis: #8a949e;
          --stripe: #f6f8f9; --band: #e9edf1; --base: #6b7681; --s0: #0b6fb3; --s1: #c4520a; --s2: #0a8a63; }
        @media (prefers-color-scheme: dark) {
          :root { --ground: #15181c; --ink: #e4e8ec; --soft: #9da7b1; --grid: #2a3037; --axis: #66707a;
            --stripe: #1b1f24; --band: #262c33; --base: #98a2ac; --s0: #5bb4f0; --s1: #f0924c;
            --s2: #3fcf9c; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink);
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        main { max-width: 980px; margin: 0 auto; padding: 40px 20px 64px; }
        h1 { font-size: 30px; line-height: 1.2; margin: 0 0 8px; }
        h2 { font-size: 20px; margin: 44px 0 6px; }
        p, li { max-width: 76ch; }
        .lead { font-size: 18px; color: var(--soft); margin: 0 0 24px; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 0;
          font-size: 14px; }
        dt { color: var(--soft); }
        dd { margin: 0; overflow-wrap: anywhere; }
        figure { margin: 16px 0 8px; overflow-x: auto; }
        svg { display: block; width: 100%; min-width: 640px; height: auto;
          font: 12.5px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        svg text { fill: var(--ink); }
        svg .tick, svg .row { fill: var(--soft); font-size: 12px; }
        svg .row { font-size: 11px; }
        svg .label { fill: var(--soft); }
        svg .strong { fill: var(--ink); font-weight: 600; }
        svg .grid { stroke: var(--grid); stroke-width: 1; }
        svg .axis, svg .zero { stroke: var(--axis); stroke-width: 1; }
        svg .band { fill: var(--band); }
        svg .stripe { fill: var(--stripe); }
        svg .base { stroke: var(--base); stroke-width: 1.25; stroke-dasharray: 5 4; }
        svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
        svg .bar { stroke-width: 1.5; }
        svg .mark { stroke: var(--ground); stroke-width: 1; }
        svg .beyond { font-size: 10px; stroke: none; }
        svg .line.s0, svg .bar.s0 { stroke: var(--s0); } svg .mark.s0, svg .beyond.s0 { fill: var(--s0); }
        svg .line.s1, svg .bar.s1 { stroke: var(--s1); } svg .mark.s1, svg .beyond.s1 { fill: var(--s1); }
        svg .line.s2, svg .bar.s2 { stroke: var(--s2); } svg .mark.s2, svg .beyond.s2 { fill: var(--s2); }
        details { font-size: 14px; }
        summary { cursor: pointer; color: var(--soft); }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; margin-top: 8px; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: 3px 14px 3px 0; white-space: nowrap;
          border-bottom: 1px solid var(--grid); }
        th { color: var(--soft); font-weight: 500; white-space: normal; vertical-align: bottom; }
        caption { text-align: left; color: var(--soft); padding: 10px 0 4px; font-weight: 600; }
        @media print { main { max-width: none; padding: 0; } section { break-inside: avoid; } }

        """
}
