import ArgumentParser
import Kit

extension PublishCommand {
    /// Which tenant, and where it is published.
    struct TenantAddressing: ParsableArguments {
        @Option(
            help: ArgumentHelp("Whose dashboards. Default: the server's own organization.", valueName: "id"))
        var tenant: String?

        @OptionGroup var target: TargetOptions
        @OptionGroup var output: OutputOptions

        var members: [(String, JSON)] { tenant.map { [("tenant", .string($0))] } ?? [] }
    }

    struct MetricCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "metric",
            abstract: "A new value of a metric of an entity, for dashboards.",
            discussion: """
                An entity is a link by its code, or whatever you name: once a metric of it is published, dashboards can subscribe to it.
                clicks are counted by the server.

                Examples:
                  quikko publish metric --entity event-7 revenue 12.5
                  quikko publish metric --entity guide engagement 0.43 -o quiet
                """)

        @Option(help: ArgumentHelp("Of what.", valueName: "id"))
        var entity: String

        @Argument(help: "Its name, such as revenue.")
        var name: String

        @Argument(help: "Its new total.")
        var value: Double

        @OptionGroup var addressing: TenantAddressing

        func validate() throws {
            try addressing.output.check(["delivered"])
            guard value.isFinite else { throw ValidationError("the value must be a number") }
        }

        func run() async throws {
            let number = Int(exactly: value).map(JSON.int) ?? .double(value)
            let delivered = try await addressing.target.client().publish(
                kind: "metric",
                [("entity", .string(entity)), ("name", .string(name)), ("value", number)] + addressing.members)
            var printer = RecordPrinter(addressing.output)
            printer.print(
                Record(
                    fields: [("delivered", .int(delivered))],
                    line: "delivered to \(delivered) \(delivered == 1 ? "subscription" : "subscriptions")",
                    plain: "\(delivered)", identifier: "\(delivered)"))
        }
    }

    struct TileCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "tile",
            abstract: "Add, change, move or remove a tile of a dashboard.",
            discussion: """
                Every link has the dashboard dash-CODE, all links together dash-all. It is kept, and whoever watches it is told.

                Examples:
                  quikko publish tile dash-guide add --type line --metric clicks --title 'Clicks over time'
                  quikko publish tile dash-guide order tile-clicks tile-2
                  quikko publish tile dash-guide remove tile-2
                """)

        enum Action: String, ExpressibleByArgument, CaseIterable { case add, update, remove, order }

        @Argument(help: "The dashboard, such as dash-guide.")
        var dashboard: String

        @Argument(help: "What to do: add, update, remove or order.")
        var action: Action

        @Argument(help: ArgumentHelp("The tile; with order all tiles, in their new order.", valueName: "tile"))
        var tiles: [String] = []

        @Option(help: ArgumentHelp("How it looks, such as counter or line.", valueName: "name"))
        var type: String?

        @Option(help: ArgumentHelp("What it shows, such as clicks.", valueName: "name"))
        var metric: String?

        @Option(help: "What stands above it.")
        var title: String?

        @Option(help: ArgumentHelp("With add: its place, from 0. Default: the last.", valueName: "number"))
        var position: Int?

        @OptionGroup var addressing: TenantAddressing

        func validate() throws {
            try addressing.output.check(["id", "tiles"])
            switch action {
            case .add where type == nil || metric == nil || tiles.count > 1:
                throw ValidationError("add takes --type, --metric and perhaps an id")
            case .update where tiles.count != 1, .remove where tiles.count != 1:
                throw ValidationError("\(action.rawValue) takes the tile's id")
            case .order where tiles.isEmpty: throw ValidationError("order takes the ids of all tiles")
            default: break
            }
            guard action == .add || position == nil else { throw ValidationError("--position goes with add") }
        }

        func run() async throws {
            var members: [(String, JSON)] = [
                ("dashboard", .string(dashboard)), ("action", .string(action.rawValue)),
            ]
            if action == .order {
                members.append(("order", .array(tiles.map(JSON.string))))
            } else {
                let fields: [(String, String?)] = [
                    ("id", tiles.first), ("type", type), ("metricName", metric), ("title", title),
                ]
                members.append(
                    ("tile", .object(.init(fields.compactMap { name, text in text.map { (name, .string($0)) } }))))
            }
            if let position { members.append(("position", .int(position))) }
            let answer = try await addressing.target.client().editDashboard(members + addressing.members)
            var printer = RecordPrinter(addressing.output)
            printer.print(
                Record(
                    fields: [("id", .string(answer.id)), ("tiles", .array(answer.tiles.map { .string($0.id) }))],
                    line: "\(answer.id): \(answer.tiles.map(\.id).joined(separator: ", "))",
                    plain: answer.tiles.map(\.id).joined(separator: "\t"), identifier: answer.id))
        }
    }
}
