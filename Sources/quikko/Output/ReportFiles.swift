import Foundation
import Kit

/// `report.json` and `report.html` of a run, in one directory.
enum ReportFiles {
    /// Before the run: a report that cannot be written is worth knowing of early.
    static func prepare(_ directory: String) throws {
        let probe = URL(filePath: directory).appending(path: ".quikko")
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try Data().write(to: probe)
            try FileManager.default.removeItem(at: probe)
        } catch {
            throw KitError(.unwritable, "cannot write a report into \(directory); take another directory", cause: error)
        }
    }

    static func write(_ report: LoadReport, to directory: String) throws {
        let base = URL(filePath: directory)
        try write(Data(ReportFile.encode(report)), to: base.appending(path: "report.json"))
        try write(Data(HTMLReport(report).text.utf8), to: base.appending(path: "report.html"))
    }

    static func write(_ data: Data, to file: URL) throws {
        // A device or a link is written to; only a file is replaced.
        let kind = (try? FileManager.default.attributesOfItem(atPath: file.path))?[.type] as? FileAttributeType
        do {
            try data.write(to: file, options: kind.map { $0 == .typeRegular } ?? true ? .atomic : [])
        } catch {
            throw KitError(.unwritable, "cannot write \(file.path)", cause: error)
        }
    }

    /// - Throws: status 66 for a file that cannot be read.
    static func read(_ path: String) throws -> LoadReport {
        guard let data = FileManager.default.contents(atPath: path) else {
            Terminal.complain("quikko: cannot read the report \(path)")
            throw ExitStatus.inputUnreadable
        }
        return try ReportFile.decode(Array(data), name: path)
    }
}
