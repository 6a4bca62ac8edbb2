/**
 * Who is asked about users' passwords beside us: directories (LDAP) and the system (PAM).
 *
 * <p>May depend on {@code core.auth} and {@code core.config}, and alone sees the library for LDAP and the functions of libpam. All
 * of it blocks and is used by threads that may; nothing here is known to a lane but by {@code core.auth}'s interfaces. Read
 * {@code LdapJudge} and {@code PamJudge} first.
 */
@NullMarked
package dev.spillway.server.judge;

import org.jspecify.annotations.NullMarked;
