package dev.spillway.core.auth;

import java.io.IOException;

/** Reads the files of names that {@code auth_hba_file} mentions as {@code @file}. It may block. */
public interface NameFiles {
    /** What {@code name} is that stands in {@code file}: a relative one begins where that file is. */
    String resolve(String file, String name);

    /** The text of {@code file}. */
    String read(String file) throws IOException;
}
