package dev.spillway.core.error;

import static dev.spillway.core.protocol.Sqlstate.ADMIN_SHUTDOWN;
import static dev.spillway.core.protocol.Sqlstate.CANNOT_CONNECT_NOW;
import static dev.spillway.core.protocol.Sqlstate.CANT_CHANGE_RUNTIME_PARAM;
import static dev.spillway.core.protocol.Sqlstate.CONFIGURATION_LIMIT_EXCEEDED;
import static dev.spillway.core.protocol.Sqlstate.CONFIG_FILE_ERROR;
import static dev.spillway.core.protocol.Sqlstate.CONNECTION_FAILURE;
import static dev.spillway.core.protocol.Sqlstate.DATABASE_DROPPED;
import static dev.spillway.core.protocol.Sqlstate.DUPLICATE_CURSOR;
import static dev.spillway.core.protocol.Sqlstate.DUPLICATE_PREPARED_STATEMENT;
import static dev.spillway.core.protocol.Sqlstate.FEATURE_NOT_SUPPORTED;
import static dev.spillway.core.protocol.Sqlstate.IDLE_IN_TRANSACTION_SESSION_TIMEOUT;
import static dev.spillway.core.protocol.Sqlstate.IDLE_SESSION_TIMEOUT;
import static dev.spillway.core.protocol.Sqlstate.INSUFFICIENT_RESOURCES;
import static dev.spillway.core.protocol.Sqlstate.INVALID_AUTHORIZATION_SPECIFICATION;
import static dev.spillway.core.protocol.Sqlstate.INVALID_CATALOG_NAME;
import static dev.spillway.core.protocol.Sqlstate.INVALID_CURSOR_NAME;
import static dev.spillway.core.protocol.Sqlstate.INVALID_PARAMETER_VALUE;
import static dev.spillway.core.protocol.Sqlstate.INVALID_PASSWORD;
import static dev.spillway.core.protocol.Sqlstate.INVALID_SQL_STATEMENT_NAME;
import static dev.spillway.core.protocol.Sqlstate.IN_FAILED_SQL_TRANSACTION;
import static dev.spillway.core.protocol.Sqlstate.NUMERIC_VALUE_OUT_OF_RANGE;
import static dev.spillway.core.protocol.Sqlstate.OBJECT_NOT_IN_PREREQUISITE_STATE;
import static dev.spillway.core.protocol.Sqlstate.PROTOCOL_VIOLATION;
import static dev.spillway.core.protocol.Sqlstate.QUERY_CANCELED;
import static dev.spillway.core.protocol.Sqlstate.SUCCESSFUL_COMPLETION;
import static dev.spillway.core.protocol.Sqlstate.TOO_MANY_CONNECTIONS;
import static dev.spillway.core.protocol.Sqlstate.TRANSACTION_TIMEOUT;
import static dev.spillway.core.protocol.Sqlstate.WARNING;

import dev.spillway.core.protocol.backend.ErrorFields;
import java.util.Locale;

/**
 * Every error that Spillway itself tells a client: SQLSTATE, severity and text.
 *
 * <p>Errors of PostgreSQL are not here: they are forwarded byte for byte. Texts are {@link String#format} patterns.
 */
public enum ProxyError {
    ADMIN_ONLY(PROTOCOL_VIOLATION, Severity.FATAL, "not allowed"),
    ADMIN_NEEDED(PROTOCOL_VIOLATION, Severity.ERROR, "admin access needed"),
    ADMIN_PORT_HAS_NO_DATABASES(
            INVALID_CATALOG_NAME,
            Severity.FATAL,
            "the admin port has no database \"%s\": connect to \"pgbouncer\" or \"spillway\", the console"),
    AUTH_DATABASE_DISABLED(CANNOT_CONNECT_NOW, Severity.FATAL, "authentication database \"%s\" is disabled"),
    AUTH_DATABASE_WRONG(CONFIG_FILE_ERROR, Severity.FATAL, "bouncer config error"),
    AUTHENTICATION_FAILED(INVALID_PASSWORD, Severity.FATAL, "password authentication failed for user \"%s\""),
    AUTHENTICATION_GARBLED(PROTOCOL_VIOLATION, Severity.FATAL, "authentication of user \"%s\" failed: %s"),
    CANCELED_WHILE_WAITING(QUERY_CANCELED, Severity.ERROR, "canceling statement due to user request"),
    CANNOT_LISTEN(CONNECTION_FAILURE, Severity.FATAL, "what this session listens to cannot be listened to for it: %s"),
    CERTIFICATE_REFUSED(
            INVALID_AUTHORIZATION_SPECIFICATION, Severity.FATAL, "certificate authentication failed for user \"%s\""),
    CLIENT_IDLE_TIMEOUT(IDLE_SESSION_TIMEOUT, Severity.FATAL, "client_idle_timeout: nothing was asked for %d ms"),
    CLIENT_LOGIN_TIMEOUT(
            INVALID_AUTHORIZATION_SPECIFICATION, Severity.FATAL, "client_login_timeout: not logged in after %s"),
    CLIENT_KILLED(ADMIN_SHUTDOWN, Severity.FATAL, "terminating connection: admin forced disconnect (KILL_CLIENT)"),
    COMMAND_REFUSED(PROTOCOL_VIOLATION, Severity.ERROR, "%s"),
    CLIENT_LOGIN_TIMEOUT_OF_SERVER(
            CANNOT_CONNECT_NOW,
            Severity.FATAL,
            "client_login_timeout (server down): no server connection to log in with after %s"),
    CONSOLE_ARGUMENTS_BAD(PROTOCOL_VIOLATION, Severity.ERROR, "bad arguments"),
    /** PostgreSQL's own words. */
    COLUMNS_CHANGED(FEATURE_NOT_SUPPORTED, Severity.ERROR, "cached plan must not change result type"),
    CONSOLE_COMMAND_UNKNOWN(PROTOCOL_VIOLATION, Severity.ERROR, "invalid command '%s', use SHOW HELP;"),
    CONSOLE_HANDS_NO_SOCKETS_OVER(
            PROTOCOL_VIOLATION,
            Severity.ERROR,
            "SHOW FDS is not supported: sockets are not handed over to another process"),
    CONSOLE_HAS_NO_FUNCTIONS(FEATURE_NOT_SUPPORTED, Severity.ERROR, "the console has no functions to call"),
    CONSOLE_HAS_NO_PARAMETERS(
            FEATURE_NOT_SUPPORTED,
            Severity.ERROR,
            "commands of the console take no parameters: write the values into their text"),
    CONSOLE_KEEPS_NO_MORE(CONFIGURATION_LIMIT_EXCEEDED, Severity.ERROR, "the console keeps no more than %d %s"),
    /** These are PostgreSQL's own words, up to the last of them. */
    CONSOLE_PARAMETERS_GIVEN(
            PROTOCOL_VIOLATION,
            Severity.ERROR,
            "bind message supplies %d parameters, but prepared statement \"%s\" requires 0"),
    CONSOLE_FORMATS_WRONG(
            PROTOCOL_VIOLATION, Severity.ERROR, "bind message has %d result formats but query has %d columns"),
    CONSOLE_FORMAT_UNKNOWN(INVALID_PARAMETER_VALUE, Severity.ERROR, "unsupported format code: %d"),
    CONSOLE_STATEMENT_UNKNOWN(INVALID_SQL_STATEMENT_NAME, Severity.ERROR, "prepared statement \"%s\" does not exist"),
    CONSOLE_STATEMENT_EXISTS(DUPLICATE_PREPARED_STATEMENT, Severity.ERROR, "prepared statement \"%s\" already exists"),
    CONSOLE_PORTAL_UNKNOWN(INVALID_CURSOR_NAME, Severity.ERROR, "portal \"%s\" does not exist"),
    CONSOLE_PORTAL_EXISTS(DUPLICATE_CURSOR, Severity.ERROR, "cursor \"%s\" already exists"),
    CONSOLE_PORTAL_DONE(OBJECT_NOT_IN_PREREQUISITE_STATE, Severity.ERROR, "portal \"%s\" cannot be run"),
    CONSOLE_NUMBER_TOO_LARGE(NUMERIC_VALUE_OUT_OF_RANGE, Severity.ERROR, "%s is out of range for the type of \"%s\""),
    DATABASE_CHANGED(
            ADMIN_SHUTDOWN,
            Severity.FATAL,
            "terminating connection because the configuration of database \"%s\" has changed (server_fast_close)"),
    CLIENT_SUSPENDED(ADMIN_SHUTDOWN, Severity.FATAL, "suspend_timeout"),
    DATABASE_DISABLED(CANNOT_CONNECT_NOW, Severity.FATAL, "database \"%s\" is disabled"),
    DATABASE_KILLED(ADMIN_SHUTDOWN, Severity.FATAL, "terminating connection because database \"%s\" was killed (KILL)"),
    DATABASE_REMOVED(
            DATABASE_DROPPED,
            Severity.FATAL,
            "terminating connection because database \"%s\" was removed from the configuration"),
    DATABASE_UNKNOWN(INVALID_CATALOG_NAME, Severity.FATAL, "no such database: %s"),
    FAILED_TRANSACTION(
            IN_FAILED_SQL_TRANSACTION,
            Severity.ERROR,
            "current transaction is aborted, commands ignored until end of transaction block"),
    IDLE_TRANSACTION_TIMEOUT(
            IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            Severity.FATAL,
            "idle transaction timeout: it was idle for %d ms (idle_transaction_timeout) and is rolled back"),
    LDAP_REFUSED(INVALID_AUTHORIZATION_SPECIFICATION, Severity.FATAL, "LDAP authentication failed for user \"%s\""),
    LOGIN_REJECTED(INVALID_AUTHORIZATION_SPECIFICATION, Severity.FATAL, "login rejected"),
    LONG_WAIT(
            SUCCESSFUL_COMPLETION,
            Severity.NOTICE,
            "no server connection of pool %s is free yet: waiting (%d in use of %d, %d clients waiting)"),
    LISTENER_LOST(
            WARNING,
            Severity.WARNING,
            "the connection that listens for this session was lost and is there again: notifications of the last %d ms"
                    + " may be missing"),
    LOOKUP_FAILED(
            CANNOT_CONNECT_NOW, Severity.FATAL, "bouncer config error: the user could not be looked up (auth_query)"),
    LOOKUP_TIMEOUT(
            INSUFFICIENT_RESOURCES,
            Severity.FATAL,
            "query_wait_timeout: no server connection to look the user up with became free in time"),
    LOOKUP_WITHOUT_SERVER(
            CANNOT_CONNECT_NOW, Severity.FATAL, "no server connection to look the user up with (auth_query)"),
    NO_ROOM_TO_LISTEN(
            CONFIGURATION_LIMIT_EXCEEDED,
            Severity.FATAL,
            "the one connection that max_db_connections or max_user_connections leaves to pool %s cannot be kept for"
                    + " listening"),
    NOTIFICATIONS_UNREAD(
            CONFIGURATION_LIMIT_EXCEEDED,
            Severity.FATAL,
            "terminating connection because more than %d bytes of notifications were not read (notify_buffer)"),
    NO_AUTHENTICATION_METHOD(INVALID_AUTHORIZATION_SPECIFICATION, Severity.FATAL, "no authentication method is found"),
    NO_USER_NAME(
            INVALID_AUTHORIZATION_SPECIFICATION, Severity.FATAL, "no PostgreSQL user name specified in startup packet"),
    PAM_REFUSED(INVALID_AUTHORIZATION_SPECIFICATION, Severity.FATAL, "PAM authentication failed for user \"%s\""),
    PEER_REFUSED(INVALID_AUTHORIZATION_SPECIFICATION, Severity.FATAL, "unix socket login rejected for user \"%s\""),
    PIN_IDLE_TIMEOUT(
            IDLE_SESSION_TIMEOUT,
            Severity.FATAL,
            "pin_idle_timeout: nothing was asked for %d ms while a server connection was kept for %s"),
    PROTOCOL(PROTOCOL_VIOLATION, Severity.FATAL, "%s"),
    QUERY_TIMEOUT(
            QUERY_CANCELED,
            Severity.FATAL,
            "query timeout: it took longer than %d ms (query_timeout) and is cancelled"),
    QUERY_WAIT_TIMEOUT(
            INSUFFICIENT_RESOURCES,
            Severity.ERROR,
            "query_wait_timeout: no server connection of pool %s became free within %s (%d in use of %d, %d clients"
                    + " waiting)%s"),
    RELOAD_REFUSED(CONFIG_FILE_ERROR, Severity.ERROR, "RELOAD failed, see logs for additional details"),
    REPLICATION_MOVED(
            ADMIN_SHUTDOWN,
            Severity.FATAL,
            "terminating replication connection because the servers of database \"%s\" are replaced"),
    REPLICATION_UNKNOWN(INVALID_PARAMETER_VALUE, Severity.FATAL, "invalid value for parameter \"replication\": \"%s\""),
    RESTORE_DISTURBED(
            OBJECT_NOT_IN_PREREQUISITE_STATE,
            Severity.ERROR,
            "the statement was not run: the settings of this session could not be put into force at first: %s"),
    SERVER_LOST(CONNECTION_FAILURE, Severity.FATAL, "server connection of pool %s was lost: %s"),
    SERVER_MISBEHAVED(CONNECTION_FAILURE, Severity.FATAL, "server connection of pool %s broke the protocol: %s"),
    SERVER_UNREACHABLE(CONNECTION_FAILURE, Severity.FATAL, "cannot log in to the server of pool %s: %s"),
    SETTING_GIVEN_UP(
            CANT_CHANGE_RUNTIME_PARAM,
            Severity.ERROR,
            "the statement was not run: what this session has set of %s cannot be put into force on another server"
                    + " connection, and is given up: %s"),
    SETTING_NOT_RESTORED(
            CONNECTION_FAILURE,
            Severity.FATAL,
            "the settings of this session could not be put into force on a server connection: %s"),
    SHUTTING_DOWN(ADMIN_SHUTDOWN, Severity.FATAL, "terminating connection because the pooler is shutting down"),
    STATE_UNKNOWN(
            CONNECTION_FAILURE,
            Severity.FATAL,
            "the server connection could not be asked what this session has set, so it cannot go on: %s"),
    STARTING_DOWN(CANNOT_CONNECT_NOW, Severity.FATAL, "pooler is shutting down"),
    TLS_REQUIRED(INVALID_AUTHORIZATION_SPECIFICATION, Severity.FATAL, "SSL required"),
    TOO_MANY_CLIENTS(
            TOO_MANY_CONNECTIONS, Severity.FATAL, "no more connections allowed (max_client_conn): there may be %d"),
    TOO_MANY_CLIENTS_OF_DATABASE(
            TOO_MANY_CONNECTIONS,
            Severity.FATAL,
            "client connections exceeded (max_db_client_connections): database \"%s\" may have %d"),
    TOO_MANY_CLIENTS_OF_USER(
            TOO_MANY_CONNECTIONS,
            Severity.FATAL,
            "client connections exceeded (max_user_client_connections): user \"%s\" may have %d"),
    TOO_MANY_OPERATORS(
            TOO_MANY_CONNECTIONS, Severity.FATAL, "no more connections allowed to the admin port: there may be %d"),
    TOO_MANY_PINNED(
            CONFIGURATION_LIMIT_EXCEEDED,
            Severity.FATAL,
            "what this session has made cannot move to another server connection (%s), and no connection of pool %s"
                    + " can be kept for it: there may be %d (max_pinned_servers)"),
    TOO_MANY_STATEMENTS(
            CONFIGURATION_LIMIT_EXCEEDED,
            Severity.FATAL,
            "too many prepared statements (max_client_prepared_statements): a client may have %d"),
    TOO_MANY_WAITING(
            INSUFFICIENT_RESOURCES,
            Severity.ERROR,
            "max_waiting: %d clients wait already for a server connection of pool %s (%d in use of %d)"),
    TRANSACTION_FORBIDDEN(
            FEATURE_NOT_SUPPORTED,
            Severity.FATAL,
            "pool %s is in statement mode, where a transaction ends with its statement: no BEGIN"),
    TRANSACTION_TOO_LONG(
            TRANSACTION_TIMEOUT,
            Severity.FATAL,
            "transaction timeout: it took longer than %d ms (transaction_timeout) and is rolled back"),
    TRUST_REFUSED(
            INVALID_AUTHORIZATION_SPECIFICATION,
            Severity.FATAL,
            "\"trust\" authentication failed for user \"%s\": no such user");

    /** PostgreSQL's severities as far as they are used here. FATAL ends the client's connection. */
    private enum Severity {
        NOTICE,
        WARNING,
        ERROR,
        FATAL
    }

    private final String sqlstate;
    private final Severity severity;
    private final String pattern;

    ProxyError(String sqlstate, Severity severity, String pattern) {
        this.sqlstate = sqlstate;
        this.severity = severity;
        this.pattern = pattern;
    }

    public String sqlstate() {
        return sqlstate;
    }

    /** The error with its pattern filled in; as many arguments as the pattern has places. */
    public ErrorFields fields(Object... arguments) {
        return ErrorFields.of(severity.name(), sqlstate, String.format(Locale.ROOT, pattern, arguments));
    }
}
