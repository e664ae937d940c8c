import Testing

@testable import Kit

struct PrometheusTextTests {
    @Test func `a family is help, type and its samples`() {
        var text = PrometheusText()
        text.counter("quikko_clicks_total", "Clicks numbered.", 12)
        text.gauge("quikko_oldest_seconds", "Age of the oldest.", 0.25)
        text.counter("quikko_dropped_total", "Messages dropped.", by: "reason", [("full", 1), ("closed", 0)])
        text.gauge("quikko_connections", "Open, by protocol.", by: "protocol", [("quikko", 3.0)])
        #expect(
            text.text == """
                # HELP quikko_clicks_total Clicks numbered.
                # TYPE quikko_clicks_total counter
                quikko_clicks_total 12
                # HELP quikko_oldest_seconds Age of the oldest.
                # TYPE quikko_oldest_seconds gauge
                quikko_oldest_seconds 0.25
                # HELP quikko_dropped_total Messages dropped.
                # TYPE quikko_dropped_total counter
                quikko_dropped_total{reason="full"} 1
                quikko_dropped_total{reason="closed"} 0
                # HELP quikko_connections Open, by protocol.
                # TYPE quikko_connections gauge
                quikko_connections{protocol="quikko"} 3

                """)
    }

    @Test func `a histogram is cumulative, in seconds, and ends with all`() {
        var latencies = LatencyHistogram()
        latencies.record(400, count: 2)
        latencies.record(3_000)
        latencies.record(2_000_000)
        var text = PrometheusText()
        text.histogram("quikko_seconds", "Click to socket.", latencies, bounds: [500, 1_000, 5_000, 1_000_000])
        #expect(
            text.text == """
                # HELP quikko_seconds Click to socket.
                # TYPE quikko_seconds histogram
                quikko_seconds_bucket{le="0.0005"} 2
                quikko_seconds_bucket{le="0.001"} 2
                quikko_seconds_bucket{le="0.005"} 3
                quikko_seconds_bucket{le="1"} 3
                quikko_seconds_bucket{le="+Inf"} 4
                quikko_seconds_sum 2.0038
                quikko_seconds_count 4

                """)
    }

    @Test func `labels and help cannot break out of their line`() {
        var text = PrometheusText()
        text.gauge("build", "Two\nlines, a \\ and a \".", by: "version", [("1\"\n\\2\r\n", 1), ("ü", 2)])
        let lines = [
            #"# HELP build Two\nlines, a \\ and a "."#, "# TYPE build gauge",
            #"build{version="1\"\n\\2"# + "\r" + #"\n"} 1"#, #"build{version="ü"} 2"#, "",
        ]
        #expect(text.text == lines.joined(separator: "\n"))
    }

    @Test(arguments: [
        (0.0, "0"), (1, "1"), (-2, "-2"), (0.1, "0.1"), (1e21, "1e+21"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
        (.nan, "NaN"), (39_000_000, "39000000"),
    ])
    func `numbers are written so that they read back the same`(value: Double, text: String) {
        #expect(value.prometheusText == text)
    }
}
