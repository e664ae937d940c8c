import ArgumentParser
import Kit

/// Writes the manual page, from what the argument parser knows of every command.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the manual page.",
        discussion: """
            Examples:
              quikko manual | man -l -
              quikko manual > quikko.1
            """,
        shouldDisplay: false
    )

    func run() throws {
        let help = try JSON(parsing: Array(Quikko._dumpHelp().utf8))
        guard let command = help["command"] else { throw KitError(.internal, "the parser describes no command") }
        Terminal.printWhole(ManualPage(command).text)
    }
}

/// A command and its subcommands in the words of man(7).
struct ManualPage {
    private let root: JSON

    init(_ root: JSON) { self.root = root }

    var text: String {
        var text =
            ".TH QUIKKO 1 \"\" \"quikko \(Kit.version)\" \"User Commands\"\n.SH NAME\nquikko \\- \(Self.escaped(Self.word(root["abstract"])))\n"
        text += ".SH SYNOPSIS\n.B quikko\n.I command\n[options]\n.SH DESCRIPTION\n" + Self.example(root["discussion"])
        text += ".SH COMMANDS\n"
        for command in Self.shown(root["subcommands"]) { text += Self.section(command, path: "quikko") }
        text += """
            .SH EXIT STATUS
            0 done; 1 failed, or some lines of a batch failed; 64 usage; 65 bad input data; 66 input unreadable; 69 server unreachable;
            70 internal; 73 output not writable; 75 subscribe ended without what it waited for; 77 refused; 97 load test inconclusive;
            99 threshold or assertion broken; 130 and 143 interrupted.
            .SH ENVIRONMENT
            .TP
            .B QUIKKO_URL
            The server the commands talk to.
            .TP
            .B QUIKKO_TOKEN
            The API key or token they present.

            """
        return text
    }

    private static func section(_ command: JSON, path: String) -> String {
        let name = "\(path) \(word(command["commandName"]))"
        var text = ".SS \(escaped(name))\n\(escaped(word(command["abstract"])))\n" + example(command["discussion"])
        for argument in shown(command["arguments"]) {
            text += ".TP\n.B \(escaped(title(argument)))\n\(escaped(word(argument["abstract"])))\n"
            let more = word(argument["discussion"])
            if !more.isEmpty { text += escaped(more) + "\n" }
        }
        for child in shown(command["subcommands"]) where word(child["commandName"]) != "help" {
            text += section(child, path: name)
        }
        return text
    }

    private static func title(_ argument: JSON) -> String {
        let value = word(argument["valueName"])
        guard case .array(let names)? = argument["names"] else { return "<\(value)>" }
        let flags = names.map { name in (word(name["kind"]) == "long" ? "--" : "-") + word(name["name"]) }
        return flags.joined(separator: ", ") + (word(argument["kind"]) == "option" ? " <\(value)>" : "")
    }

    /// Text whose lines are kept.
    private static func example(_ value: JSON?) -> String {
        let text = word(value)
        return text.isEmpty ? "" : ".PP\n.nf\n" + escaped(text) + "\n.fi\n"
    }

    private static func shown(_ value: JSON?) -> [JSON] {
        guard case .array(let values)? = value else { return [] }
        return values.filter { $0["shouldDisplay"] != false }
    }

    private static func word(_ value: JSON?) -> String { if case .string(let text)? = value { text } else { "" } }

    /// A line may not begin with a control character of roff.
    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\e").split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : line
        }.joined(separator: "\n").replacing("-", with: "\\-")
    }
}
