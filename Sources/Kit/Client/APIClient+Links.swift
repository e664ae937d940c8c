import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

extension APIClient {
    /// Which links are wanted.
    public struct LinkFilter: Sendable {
        public var search: String?
        public var isActive: Bool?
        public var tag: String?

        public init() {}
    }

    private static let queryCharacters = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:")

    private static func query(_ members: [(String, String?)]) -> String {
        let pairs = members.compactMap { name, value in
            value?.addingPercentEncoding(withAllowedCharacters: queryCharacters).map { "\(name)=\($0)" }
        }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }

    /// One page of the caller's links, newest first; the first page is 1 and has up to 100.
    public func links(_ filter: LinkFilter, page: Int, limit: Int = 100) async throws(KitError) -> [LinkAnswer] {
        try await get(
            "/api/v1/urls"
                + Self.query([
                    ("page", "\(page)"), ("limit", "\(limit)"), ("search", filter.search), ("tag", filter.tag),
                    ("isActive", filter.isActive.map { "\($0)" }),
                ]))
    }

    public func link(_ code: ShortCode) async throws(KitError) -> LinkAnswer {
        try await get("/api/v1/urls/code/\(code)")
    }

    /// - Parameter members: Of the body: what is to change.
    public func changeLink(_ id: String, _ members: [(String, JSON)]) async throws(KitError) -> LinkAnswer {
        try await call(
            .PATCH, "/api/v1/urls/\(id)", headers: ["Content-Type": "application/json"],
            body: JSON.object(.init(members)).text)
    }

    public func deleteLink(_ id: String) async throws(KitError) {
        _ = try await answer(.DELETE, "/api/v1/urls/\(id)")
    }

    /// The statistics of a link, or of all, as the server says them: `range stats room position from`.
    public func statistics(of code: ShortCode?, _ range: StatisticsRange) async throws(KitError) -> JSON {
        let (_, body) = try await answer(
            .GET,
            "/api/v1/analytics/stats"
                + Self.query([("range", range.rawValue), ("shortCode", code.map { "\($0)" })]))
        guard let data = try JSON(parsing: Array(body.readableBytesView))["data"] else {
            throw KitError(.unavailable, "\(origin) answered something that is not quikko's API")
        }
        return data
    }

    /// The same as the CSV of the original's dashboard.
    public func statisticsCSV(of code: ShortCode?, _ range: StatisticsRange) async throws(KitError) -> String {
        let (_, body) = try await answer(
            .GET,
            "/api/v1/analytics/stats/export"
                + Self.query([("range", range.rawValue), ("shortCode", code.map { "\($0)" })]))
        return String(buffer: body)
    }

    /// A page of an export.
    public struct ExportPage: Sendable {
        /// Lines, each ended.
        public let text: String
        /// Where the next page begins; nil on the last.
        public let next: String?
        /// Of clicks: everything up to here has been exported.
        public let position: String?
    }

    /// - Parameters:
    ///   - isTable: CSV instead of NDJSON.
    ///   - place: `next` of the page before, or a position to begin behind.
    public func export(
        clicksIn room: Room?, isTable: Bool, after place: String?
    ) async throws(KitError) -> ExportPage {
        try await export(
            "clicks", [("room", room.map { "\($0)" }), ("format", isTable ? "csv" : "ndjson"), ("since", place)])
    }

    public func exportLinks(isTable: Bool, after place: String?) async throws(KitError) -> ExportPage {
        try await export("links", [("format", isTable ? "csv" : "ndjson"), ("before", place)])
    }

    private func export(_ what: String, _ members: [(String, String?)]) async throws(KitError) -> ExportPage {
        let (response, body) = try await answer(.GET, "/api/v1/export/\(what)" + Self.query(members))
        return ExportPage(
            text: String(buffer: body), next: response.headers.first(name: "x-quikko-next"),
            position: response.headers.first(name: "x-quikko-position"))
    }
}
