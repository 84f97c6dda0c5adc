/* Stands in for the programs of Conclave where the installer for Windows is tried, and for netsh.
 *
 * It prints its version, erases the data, closes and stays open as they do: everything that the
 * installer asks of them. VERSION is given by who compiles it, BROKEN makes one that does not start.
 */

#include <stdio.h>
#include <wchar.h>
#include <windows.h>

#define OPEN L"conclave-is-open"

static void beside_the_data(wchar_t *path, const wchar_t *name)
{
    GetEnvironmentVariableW(L"LOCALAPPDATA", path, MAX_PATH);
    wcscat(path, name);
}

static int erase(void)
{
    wchar_t path[MAX_PATH * 2];
    beside_the_data(path, L"\\Conclave\\vault");
    if (!DeleteFileW(path))
        return 1;
    beside_the_data(path, L"\\Conclave");
    return !RemoveDirectoryW(path);
}

static int close_what_is_open(void)
{
    HANDLE open = OpenEventW(EVENT_MODIFY_STATE, FALSE, OPEN);
    return open == NULL || !SetEvent(open);
}

static int stay_open(void)
{
    HANDLE open = CreateEventW(NULL, TRUE, FALSE, OPEN);
    return WaitForSingleObject(open, 120000) != WAIT_OBJECT_0;
}

static int note_down(void)
{
    wchar_t path[MAX_PATH * 2];
    beside_the_data(path, L"\\netsh.txt");
    FILE *file = _wfopen(path, L"a");
    if (file == NULL)
        return 1;
    fwprintf(file, L"%ls\n", GetCommandLineW());
    return fclose(file) != 0;
}

int wmain(int count, wchar_t **words)
{
#ifdef BROKEN
    return 1;
#endif
    if (count == 1)
        return stay_open();
    if (!wcscmp(words[1], L"--version"))
        return wprintf(L"conclave %hs\n", VERSION) < 0;
    if (!wcscmp(words[1], L"--close"))
        return close_what_is_open();
    if (count == 3 && !wcscmp(words[1], L"erase") && !wcscmp(words[2], L"--yes"))
        return erase();
    if (!wcscmp(words[1], L"advfirewall"))
        return note_down();
    return 2;
}
