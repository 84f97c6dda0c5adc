#!/bin/sh
# Installs Conclave @VERSION@ for whoever runs this, without asking for root. What follows the last
# line is an archive of the program. `--help` says what can be chosen.
set -eu
version=@VERSION@
case ${XDG_DATA_HOME:-} in /*) data=$XDG_DATA_HOME ;; *) data=$HOME/.local/share ;; esac
case ${XDG_CONFIG_HOME:-} in /*) config=$XDG_CONFIG_HOME ;; *) config=$HOME/.config ;; esac
home=$data/conclave-program
icon=icons/hicolor/scalable/apps/conclave.svg
programs=$HOME/.local/bin

say() { # English, German
    case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in
    de*) echo "$2" ;;
    *) echo "$1" ;;
    esac
}

fail() {
    say "$@" >&2
    exit 1
}

usage() {
    say "Usage: sh $(basename "$0") [--uninstall [--erase | --keep]] [--to FOLDER] [--no-start]

Installs Conclave $version for you alone, with an entry in the menu.
  --to FOLDER   put the program there instead of $home
  --no-start    do not open it afterwards
  --uninstall   take the program away again, and ask about your data
  --erase       with --uninstall: your identity and settings, too
  --keep        with --uninstall: leave them" \
        "Aufruf: sh $(basename "$0") [--uninstall [--erase | --keep]] [--to ORDNER] [--no-start]

Installiert Conclave $version für Sie allein, mit einem Eintrag im Menü.
  --to ORDNER   das Programm dorthin legen statt nach $home
  --no-start    es danach nicht öffnen
  --uninstall   das Programm wieder entfernen und nach Ihren Daten fragen
  --erase       mit --uninstall: auch Ihre Identität und Einstellungen
  --keep        mit --uninstall: sie behalten"
}

absolute() {
    case $1 in
    /*) printf '%s' "$1" ;;
    *) printf '%s/%s' "$PWD" "$1" ;;
    esac
}

put() { # source, target: in one step, readable as the system's own
    mkdir -p "$(dirname "$2")"
    cp "$1" "$2.$$" && chmod "$3" "$2.$$" && mv -f "$2.$$" "$2"
}

exec_line() { # the starter as Exec wants it: quoted, then escaped as a string is
    quoted=$(printf '%s' "$home/conclave" | sed -e 's/[\\"`$]/\\&/g' -e 's/%/%%/g')
    printf 'Exec="%s"' "$(printf '%s' "$quoted" | sed 's/\\/\\\\/g')"
}

tell_the_desktop() {
    if command -v update-desktop-database >/dev/null; then
        update-desktop-database -q "$data/applications" 2>/dev/null || true
    fi
}

install() {
    [ "$(uname -m)" = "@MACHINE@" ] || fail "This is for computers of the kind @MACHINE@." \
        "Das ist für Computer der Art @MACHINE@."
    command -v xz >/dev/null || fail "The program xz is missing; install xz-utils first." \
        "Das Programm xz fehlt; installieren Sie zuerst xz-utils."
    if [ "$(tail -c +@OFFSET@ "$0" | sha256sum)" != "@SHA256@  -" ]; then
        fail "This file is damaged; fetch it again. Nothing was changed." \
            "Diese Datei ist beschädigt; holen Sie sie neu. Nichts wurde geändert."
    fi
    new=$home/versions/.new-$$
    trap 'rm -rf "$new"' EXIT
    mkdir -p "$new"
    say "Unpacking Conclave $version…" "Conclave $version wird ausgepackt…"
    tail -c +@OFFSET@ "$0" | xz -dc | tar -x -C "$new" -f -
    words=$("$new/conclave-$version/conclave" --version 2>&1) || true
    if [ "$words" != "conclave $version" ]; then
        echo "$words" >&2
        fail "Conclave does not start on this system. Nothing was changed." \
            "Conclave startet auf diesem System nicht. Nichts wurde geändert."
    fi
    rm -rf "$home/versions/$version"
    mv "$new/conclave-$version" "$home/versions/$version"
    rmdir "$new"
    before=$(readlink "$home/current" 2>/dev/null || true)
    if [ -n "$before" ] && [ "$before" != "versions/$version" ]; then
        ln -s "$before" "$home/.previous.$$" && mv -fT "$home/.previous.$$" "$home/previous"
    fi
    ln -s "versions/$version" "$home/.current.$$" && mv -fT "$home/.current.$$" "$home/current"
    rm -f "$home/trial" "$home/taken-back"
    shipped=$home/versions/$version/_internal/linux
    put "$shipped/starter.sh" "$home/conclave" 755
    head -c $((@OFFSET@ - 1)) "$0" >"$home/uninstall.$$"
    chmod 755 "$home/uninstall.$$" && mv -f "$home/uninstall.$$" "$home/uninstall"
    put "$home/versions/$version/_internal/resources/conclave.svg" "$data/$icon" 644
    mkdir -p "$data/applications" "$programs"
    escaped=$(exec_line | sed 's/[\\&|]/\\&/g')
    sed "s|^Exec=conclave|$escaped|" "$shipped/conclave.desktop" \
        >"$data/applications/conclave.desktop.$$"
    mv -f "$data/applications/conclave.desktop.$$" "$data/applications/conclave.desktop"
    ln -s "$home/conclave" "$programs/.conclave.$$" &&
        mv -fT "$programs/.conclave.$$" "$programs/conclave"
    tell_the_desktop
    say "Conclave $version is installed. It stands in the menu, and goes again with:
  $home/uninstall" "Conclave $version ist installiert. Es steht im Menü und geht wieder mit:
  $home/uninstall"
}

forget_entries() { # what the settings told the desktop to do with this program
    started=$(exec_line)
    for entry in "$config"/autostart/conclave*.desktop "$data"/applications/conclave-*.desktop; do
        if grep -qsF "$started" "$entry"; then rm -f "$entry"; fi
    done
    if grep -qs '^x-scheme-handler/conclave=.*conclave.*\.desktop' "$config/mimeapps.list"; then
        sed -e '/^x-scheme-handler\/conclave=/s/conclave\(-links\)\{0,1\}\.desktop;\{0,1\}//g' \
            -e '/^x-scheme-handler\/conclave=$/d' "$config/mimeapps.list" >"$config/.mimeapps.$$"
        cat "$config/.mimeapps.$$" >"$config/mimeapps.list" && rm -f "$config/.mimeapps.$$"
    fi
}

uninstall() {
    [ -L "$home/current" ] || fail "Conclave is not installed in $home." \
        "In $home ist Conclave nicht installiert."
    if [ -z "$about_data" ] && [ -t 0 ]; then
        say "Erase your identity, contacts and settings, too? [y/N]" \
            "Auch Ihre Identität, Kontakte und Einstellungen löschen? [j/N]"
        read -r answer || answer=
        case $answer in [yYjJ]*) about_data=erase ;; esac
    fi
    if [ "$about_data" = erase ]; then
        "$home/conclave" erase --yes || fail "Your data could not be erased; nothing was removed." \
            "Ihre Daten konnten nicht gelöscht werden; nichts wurde entfernt."
    fi
    if [ "$(readlink "$programs/conclave" 2>/dev/null)" = "$home/conclave" ]; then
        rm -f "$programs/conclave"
    fi
    rm -f "$data/applications/conclave.desktop" "$data/$icon"
    forget_entries
    for name in current previous trial taken-back lock conclave uninstall; do rm -f "$home/$name"; done
    rm -rf "$home/versions"
    rmdir "$home" 2>/dev/null || true
    tell_the_desktop
    say "Conclave is removed." "Conclave ist entfernt."
}

act=install about_data='' start=yes
case $0 in */uninstall) act=uninstall ;; esac
while [ $# -gt 0 ]; do
    case $1 in
    --uninstall) act=uninstall ;;
    --erase | --keep) about_data=${1#--} ;;
    --no-start) start= ;;
    --to)
        [ $# -gt 1 ] || fail "--to needs a folder." "--to braucht einen Ordner."
        home=$(absolute "$2")
        case $home in *[[:cntrl:]]*)
            fail "This name of a folder cannot be used." "Dieser Name eines Ordners geht nicht."
            ;;
        esac
        shift
        ;;
    --help | -h) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
    shift
done
if [ "$act" = uninstall ]; then
    case $0 in */uninstall) home=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) ;; esac
    uninstall
else
    install
    if [ -n "$start" ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
        exec "$home/conclave"
    fi
fi
exit 0
