package dev.spillway.core.session;

import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.startup.Replication;
import org.jspecify.annotations.Nullable;

/**
 * What happens to connections, for whoever writes the log. There is one for each form that lines can have; each decides
 * what it tells.
 *
 * <p>Called on the lane that has the connection, once per event, never per message. Texts hold no secrets.
 */
public interface ConnectionLog {
    /** How a client's connection ended. */
    enum ClientEnd {
        /** It said that it would, or was gone. */
        LEFT,
        /** It was gone before it was logged in, when it was its turn to speak: a probe, or one that will not send its password. */
        LEFT_EARLY,
        /** There were so many that it was refused before it had said anything. */
        TURNED_AWAY,
        LOGIN_FAILED,
        PASSWORD_WRONG,
        /** Another has said that the password is wrong, or could not be asked. */
        JUDGED,
        /** The password was wrong, in an exchange that does not say so before its end. */
        SASL_FAILED,
        PROTOCOL_BROKEN,
        NOT_SERVED,
        TOO_SLOW,
        /** By us or with its server, for a reason that is not the client's. */
        CUT_OFF;

        /** In PgBouncer's words, like the next: why a client's connection ends. */
        public static final String SAID_GOODBYE = "client close request";

        public static final String GONE = "client unexpected eof";
    }

    /** A client has said who it is and what it wants, and proves it next. */
    void clientAsks(LogSubject client, Replication replication);

    void clientLoggedIn(LogSubject client);

    /** A statement that waited for a server gets an error; the client stays. */
    void clientNotServed(LogSubject client, ErrorFields error);

    /** A command of a client of the console gets an error; the client stays. */
    void commandRefused(LogSubject client, ErrorFields error);

    /** A client keeps its server beyond a transaction, for these kinds of state that cannot move: the sum of their bits. */
    void clientPinned(LogSubject client, int kinds);

    /** A client with a server has used half of the time that it may take for something. Told once for each time it begins. */
    void clientStays(LogSubject client, Stay stay);

    /** A transaction has ended that took as long as is worth a line. */
    void clientSlow(LogSubject client, SlowTransaction slow);

    /**
     * A client's connection ends.
     *
     * @param why for the operator, who may know more than the client
     * @param told the error that the client gets; null: none
     */
    void clientEnded(LogSubject client, ClientEnd how, String why, @Nullable ErrorFields told);

    /** A connection to a server stands, and its login begins. */
    void serverConnected(LogSubject server);

    /** It has logged in. */
    void serverOpened(LogSubject server);

    /** Its login has failed, which ends it. */
    void serverRefused(LogSubject server, ErrorFields error);

    /** A server that was logged in ends. */
    void serverEnded(LogSubject server, boolean isMisbehaviour, String why);

    /** The connection that listens for the clients of {@code database} is lost; another is to follow. */
    void listenerLost(String database, String why);

    /** The fleet cannot be spoken with; until it can, this instance opens no more servers than it has. */
    void fleetProblem(String fleet, String why);

    /** A member of the fleet has said nothing for long and is still connected: its connections, {@code open} of them, are ended. */
    void fleetMemberDead(String fleet, String member, long silentMillis, int open);

    /** There is one again, for {@code missedMillis} after the last was lost. */
    void listenerBack(String database, long missedMillis);

    /**
     * No connection to a server of {@code pool} could be made, at one of the places it may be, or at the last of them.
     *
     * @param where {@code host:port}; empty: its host has no address
     */
    void serverNotReached(String pool, String where, boolean isLast, String why);
}
