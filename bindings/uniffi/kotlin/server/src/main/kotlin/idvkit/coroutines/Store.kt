// Where verifications are kept, for a database with suspending or with blocking calls.

package idvkit.coroutines

import idvkit.types.Blob
import idvkit.types.By
import idvkit.types.Row
import idvkit.types.Told
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import idvkit.Store as BlockingStore

/** What is needed of a database, as [idvkit.Store] says it, with calls that suspend. */
interface Store {
    /** The text of a row, if there is one, and those of its blobs that have these digests. */
    suspend fun load(by: By, blobs: List<String>): Told.Loaded

    /**
     * Inserts the row if nothing is expected, or replaces it if its stored revision is still the expected one; with its
     * references and blobs, in one transaction. `false` if another worker was first, or a new row's id or key is taken.
     * [Client] does not cancel it.
     */
    suspend fun store(row: Row, expected: Long?, blobs: List<Blob>): Boolean
}

/** A store with blocking calls, such as one over JDBC or [idvkit.MemoryStore], that blocks only threads of [dispatcher]. */
fun BlockingStore.asSuspending(dispatcher: CoroutineDispatcher = Dispatchers.IO): Store {
    val blocking = this
    return object : Store {
        override suspend fun load(by: By, blobs: List<String>) = withContext(dispatcher) { blocking.load(by, blobs) }

        override suspend fun store(row: Row, expected: Long?, blobs: List<Blob>) =
            withContext(dispatcher) { blocking.store(row, expected, blobs) }
    }
}
