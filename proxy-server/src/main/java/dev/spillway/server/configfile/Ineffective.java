package dev.spillway.server.configfile;

import dev.spillway.core.config.Source;

/**
 * Something of PgBouncer's that is read and has no effect here. It never prints its value, which may hold a password.
 *
 * @param source where it stands
 * @param name what it is, such as {@code logfile} or {@code auth_user of database 'app'}
 * @param value as it was written
 */
record Ineffective(Source source, String name, String value) {
    @Override
    public String toString() {
        return name + " at " + source;
    }
}
