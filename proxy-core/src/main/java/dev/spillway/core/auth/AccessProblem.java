package dev.spillway.core.auth;

/**
 * One thing that is wrong with {@code auth_hba_file}, {@code auth_ident_file} or a file that one of them names.
 *
 * @param line counted from 1
 * @param text what it is
 */
public record AccessProblem(String file, int line, String text) {
    @Override
    public String toString() {
        return file + ":" + line + ": " + text;
    }
}
