package dev.spillway.core.session;

import dev.spillway.core.session.ReplyQueue.Kind;
import dev.spillway.core.session.prepared.Mapping;
import dev.spillway.core.session.prepared.Plan;
import dev.spillway.core.session.prepared.Statement;
import dev.spillway.core.session.prepared.StatementKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that a server has what its client is about to use, and that the client gets no rows of other columns than it was last told
 * of: a part of its {@link StatementInput}, which calls it where what the server has is not what the client has seen.
 *
 * <p>A server that prepares a statement prepares it as it is now, and says nothing. So it is asked, with a Describe of ours, for the shape.
 * A client that may rely on one that it was told waits for the answer, and if that is another it is refused; nothing of it has been sent
 * by then. One that was told nothing, or is going to be told, does not wait.
 */
final class ColumnGuard {
    /** May the message go on? */
    enum Answer {
        /** With the {@link #mapping()}. */
        READY,
        /** When the server has said more. */
        OPEN,
        /** Never: the columns are not those that the client knows. */
        CHANGED
    }

    private final StatementInput statements;
    private final ClientSession client;
    private final ParseInput parses;
    private final Run run;
    private @Nullable Mapping agreed;
    /** The plan, as new as can be, whose shape the client waits for. */
    private @Nullable Plan renewed;

    ColumnGuard(StatementInput statements, ClientSession client, ParseInput parses, Run run) {
        this.statements = statements;
        this.client = client;
        this.parses = parses;
        this.run = run;
    }

    /** What is used, after {@link Answer#READY}. */
    Mapping mapping() {
        if (agreed == null) {
            throw new IllegalStateException("nothing is agreed");
        }
        return agreed;
    }

    /** For a Bind or Describe; {@code isSeen}: does a Bind's client hear of the columns before it gets any row? */
    Answer check(Mapping mapping, Kind kind, boolean isSeen, ServerSession server) {
        Mapping current = server.statements().find(mapping.statement()) == null ? inContext(mapping, server) : mapping;
        if (current == null) {
            return Answer.OPEN;
        }
        Plan plan = server.statements().find(current.statement());
        if (plan == null) {
            plan = prepareAhead(current, server);
        } else if (plan.isOutdated() || plan.isBefore(current) || !(plan.isOpen() || plan.hasShape())) {
            plan = renew(current, server);
        }
        agreed = current;
        if (kind == Kind.DESCRIBE_STATEMENT) {
            return Answer.READY; // what the client knows by then, the answer says
        }
        if (isSeen) {
            current.tell(plan);
            return Answer.READY;
        }
        return compare(current, plan, server);
    }

    @SuppressWarnings("ReferenceEquality") // one per Parse
    private Answer compare(Mapping mapping, Plan plan, ServerSession server) {
        Plan told = mapping.told();
        if (told == null || told == plan || plan.isLike(told)) {
            mapping.tell(plan);
            renewed = null;
            return Answer.READY;
        }
        if (plan == renewed && !plan.isOpen()) {
            renewed = null;
            plan.supersede(told);
            return Answer.CHANGED;
        }
        renewed = plan.isOpen() ? plan : renew(mapping, server);
        return Answer.OPEN;
    }

    /** The same name for what its text means under the settings of now, where that is another statement; null: nobody knows yet. */
    private @Nullable Mapping inContext(Mapping mapping, ServerSession server) {
        StatementKey key = mapping.statement().key();
        if (key == null || key.context().isEmpty()) {
            return mapping;
        }
        if (server.replies().entries().hasStatement()) {
            return null;
        }
        List<String> context = parses.contextOf(key.body(), server);
        return context.equals(key.context())
                ? mapping
                : statements.names().rename(mapping, parses.intern(key.under(context)));
    }

    private Plan prepareAhead(Mapping mapping, ServerSession server) {
        run.flush();
        client.pool().pool().counters().serverParses++;
        StatementOutput.makeRoom(server, client.pool().preparing().perServer());
        StatementOutput.prepare(server, mapping);
        return made(mapping.statement(), server);
    }

    /** What it has is not as it is now, or not as this client sees it, whose search_path may be another. */
    private Plan renew(Mapping mapping, ServerSession server) {
        run.flush();
        client.pool().pool().counters().serverParses++;
        StatementOutput.prepareAnew(server, mapping);
        return made(mapping.statement(), server);
    }

    private static Plan made(Statement statement, ServerSession server) {
        Plan plan = server.statements().find(statement);
        if (plan == null) {
            throw new IllegalStateException("not prepared: " + statement);
        }
        return plan;
    }
}
