// Where verifications are kept: what is needed of a database, and one in memory.

/// What is needed of a database. `MemoryStore` shows it in the fewest lines.
public protocol Store: Sendable {
    /// The text of a row, if there is one, and those of its blobs that have these digests.
    func load(by: By, blobs: [String]) async throws -> (snapshot: String?, blobs: [Blob])

    /// Inserts the row if nothing is expected, or replaces it if its stored revision is still the expected one; with its
    /// references and blobs, in one transaction. `false` if another worker was first, or a new row's id or key is taken.
    func store(row: Row, expected: Int64?, blobs: [Blob]) async throws -> Bool
}

/// A store in memory, for tests and programs that live as long as their verifications.
public actor MemoryStore: Store {
    /// In the order in which they were begun.
    private var rows: [(row: Row, blobs: [Blob])] = []

    public init() {}

    /// A row by its id; `nil` if there is none.
    public func row(id: String) -> Row? {
        rows.first { $0.row.id == id }?.row
    }

    /// The ids of the rows that a worker has to look at by now.
    public func due(now: UnixMillis) -> [String] {
        rows.filter { $0.row.due.map { $0 <= now } ?? false }.map(\.row.id)
    }

    public func load(by: By, blobs: [String]) -> (snapshot: String?, blobs: [Blob]) {
        guard let found = rows.last(where: { isMeant($0.row, by) }) else { return (nil, []) }
        return (found.row.snapshot, found.blobs.filter { blobs.contains($0.digest) })
    }

    public func store(row: Row, expected: Int64?, blobs: [Blob]) -> Bool {
        let place = rows.firstIndex { $0.row.id == row.id }
        let isTaken = expected == nil && rows.contains { $0.row.key == row.key }
        guard !isTaken, place.map({ rows[$0].row.revision }) == expected else { return false }
        let kept = (place.map { rows[$0].blobs } ?? []) + blobs
        let stored = (row, kept.filter { row.blobs.contains($0.digest) })
        if let place {
            rows[place] = stored
        } else {
            rows.append(stored)
        }
        return true
    }

    private func isMeant(_ row: Row, _ by: By) -> Bool {
        switch by {
        case let .id(id): return row.id == id
        case let .key(key): return row.key == key
        case let .references(references): return row.references.contains(where: references.contains)
        }
    }
}
