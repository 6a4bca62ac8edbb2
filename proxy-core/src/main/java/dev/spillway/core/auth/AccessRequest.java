package dev.spillway.core.auth;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * A client that wants to log in, as {@code auth_hba_file} looks at it. Immutable.
 *
 * @param address null: it comes by a Unix socket
 * @param isSecure does it have TLS?
 * @param isPhysicalReplication does it replicate the whole cluster, whatever database it names?
 */
public record AccessRequest(
        @Nullable InetAddress address, boolean isSecure, boolean isPhysicalReplication, String database, String user) {}
