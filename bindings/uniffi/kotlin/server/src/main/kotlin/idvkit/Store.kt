// Where verifications are kept: what is needed of a database, and one in memory.

package idvkit

import idvkit.types.Blob
import idvkit.types.By
import idvkit.types.Row
import idvkit.types.Told
import idvkit.types.UnixMillis

/** What is needed of a database. [MemoryStore] shows it in the fewest lines. */
interface Store {
    /** The text of a row, if there is one, and those of its blobs that have these digests. */
    fun load(by: By, blobs: List<String>): Told.Loaded

    /**
     * Inserts the row if nothing is expected, or replaces it if its stored revision is still the expected one; with its
     * references and blobs, in one transaction. `false` if another worker was first, or a new row's id or key is taken.
     */
    fun store(row: Row, expected: Long?, blobs: List<Blob>): Boolean
}

/** A store in memory, for tests and programs that live as long as their verifications. */
class MemoryStore : Store {
    private val rows = LinkedHashMap<String, Pair<Row, List<Blob>>>()

    /** A row by its id; `null` if there is none. */
    @Synchronized
    fun row(id: String): Row? = rows[id]?.first

    /** The ids of the rows that a worker has to look at by now. */
    @Synchronized
    fun due(now: UnixMillis): List<String> = rows.values.map { it.first }.filter { row -> row.due?.let { it <= now } == true }.map { it.id }

    @Synchronized
    override fun load(by: By, blobs: List<String>): Told.Loaded {
        val (row, kept) = rows.values.lastOrNull { it.first.isThe(by) } ?: return Told.Loaded(null, emptyList())
        return Told.Loaded(row.snapshot, kept.filter { it.digest in blobs })
    }

    @Synchronized
    override fun store(row: Row, expected: Long?, blobs: List<Blob>): Boolean {
        val stored = rows[row.id]
        val taken = expected == null && rows.values.any { it.first.key == row.key }
        if (taken || stored?.first?.revision != expected) return false
        val kept = stored?.second.orEmpty() + blobs
        rows[row.id] = row to kept.filter { it.digest in row.blobs }
        return true
    }

    private fun Row.isThe(by: By): Boolean = when (by) {
        is By.Id -> id == by.id
        is By.Key -> key == by.key
        is By.References -> references.any(by.references::contains)
    }
}
