import Foundation

/// JSON that keeps numbers as they are written: some of them are signed, or shown as they came.
indirect enum JSON: Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    struct Malformed: Error {}

    init(_ text: String) throws {
        var parser = Parser(bytes: Array(text.utf8))
        self = try parser.value()
    }

    subscript(_ name: String) -> JSON? {
        guard case let .object(members) = self, let found = members[name], found != .null else { return nil }
        return found
    }

    /// A text, or a number as it is written.
    var text: String? {
        switch self {
        case let .string(text), let .number(text): return text
        case let .bool(flag): return String(flag)
        default: return nil
        }
    }

    var list: [JSON] {
        if case let .array(items) = self { return items }
        return []
    }

    var members: [String: JSON] {
        if case let .object(members) = self { return members }
        return [:]
    }

    func text(_ name: String) -> String? { self[name]?.text }

    func int(_ name: String) -> Int64? { self[name]?.text.flatMap { Int64($0) } }

    func flag(_ name: String) -> Bool { self[name] == .bool(true) }

    func list(_ name: String) -> [JSON] { self[name]?.list ?? [] }

    /// A list that holds something: a loop over it does run.
    func some(_ name: String) throws -> [JSON] {
        let items = list(name)
        if items.isEmpty { throw Unexpected("there is nothing in \(name)") }
        return items
    }

    /// These members stand instead of those that are there.
    func with(_ more: [String: JSON]) -> JSON { .object(members.merging(more) { _, new in new }) }

    var written: String {
        switch self {
        case .null: return "null"
        case let .bool(flag): return String(flag)
        case let .number(text): return text
        case let .string(text): return Self.quoted(text)
        case let .array(items): return "[" + items.map(\.written).joined(separator: ",") + "]"
        case let .object(members):
            let inner = members.sorted { $0.key < $1.key }.map { Self.quoted($0.key) + ":" + $0.value.written }
            return "{" + inner.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        let inner = text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "\"": return "\\\""
            case "\\": return "\\\\"
            case _ where scalar.value < 0x20: return String(format: "\\u%04x", scalar.value)
            default: return String(scalar)
            }
        }
        return "\"" + inner.joined() + "\""
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(integerLiteral value: Int64) { self = .number(String(value)) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSON)...) { self = .object(Dictionary(elements) { _, new in new }) }
    init(nilLiteral: ()) { self = .null }

    static func orNull(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
}

/// The vectors are written by us: what is not JSON is a mistake, and where it is does not matter.
private struct Parser {
    let bytes: [UInt8]
    var at = 0

    mutating func value() throws -> JSON {
        skip()
        switch try peek() {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        default: return try word()
        }
    }

    private mutating func object() throws -> JSON {
        var members: [String: JSON] = [:]
        at += 1
        while try !closes(UInt8(ascii: "}")) {
            let name = try string()
            skip()
            at += 1
            members[name] = try value()
        }
        return .object(members)
    }

    private mutating func array() throws -> JSON {
        var items: [JSON] = []
        at += 1
        while try !closes(UInt8(ascii: "]")) {
            items.append(try value())
        }
        return .array(items)
    }

    /// Steps over a comma, or over the end.
    private mutating func closes(_ end: UInt8) throws -> Bool {
        skip()
        if try peek() == UInt8(ascii: ",") {
            at += 1
            skip()
        }
        guard try peek() == end else { return false }
        at += 1
        return true
    }

    /// A string's end is the first quote with an even number of backslashes before it; the standard library reads what is inside.
    private mutating func string() throws -> String {
        let start = at
        at += 1
        while try peek() != UInt8(ascii: "\"") {
            at += try peek() == UInt8(ascii: "\\") ? 2 : 1
        }
        at += 1
        let array = Data([UInt8(ascii: "[")] + bytes[start..<at] + [UInt8(ascii: "]")])
        guard let text = try JSONDecoder().decode([String].self, from: array).first else { throw JSON.Malformed() }
        return text
    }

    private mutating func word() throws -> JSON {
        let start = at
        while at < bytes.count, !Array(",]} \n\r\t".utf8).contains(bytes[at]) {
            at += 1
        }
        switch String(decoding: bytes[start..<at], as: UTF8.self) {
        case "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        case let number where Double(number) != nil: return .number(number)
        default: throw JSON.Malformed()
        }
    }

    private mutating func skip() {
        while at < bytes.count, Array(" \n\r\t".utf8).contains(bytes[at]) {
            at += 1
        }
    }

    private func peek() throws -> UInt8 {
        guard at < bytes.count else { throw JSON.Malformed() }
        return bytes[at]
    }
}
