; The installer for Windows: for one person, without an administrator. Compiled by
; packaging/windows_package.py, which gives VERSION, VERSION_OF_FILE, FILES, ICON, SIDE, OUT,
; KILOBYTES, COMPRESSION, PROGRAM, IN_TERMINAL, LINKS_KEY, COMMAND_KEY and RUN_KEY; TARGET only on Linux.

!ifdef TARGET
  Target ${TARGET}
!else
  Unicode true
!endif
SetCompressor /SOLID ${COMPRESSION}
!if ${COMPRESSION} == lzma
  SetCompressorDictSize 32
!endif
SetDateSave off ; the same program gives the same bytes
SetOverwrite on
AllowSkipFiles off
RequestExecutionLevel user
ManifestDPIAware true

!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include WinVer.nsh
!include x64.nsh

!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Conclave"
!define RULE "Conclave"
!define BEFORE "version-before" ; in the folder of the program, while a newer one is put in place
!define OLDEST_WINDOWS 17763 ; Windows 10, version 1809: what Qt needs

; What a script that installs silently can tell apart; docs/admin.md lists them.
!define STILL_OPEN 3
!define UNFIT_SYSTEM 4
!define FOREIGN_FOLDER 5
!define DATA_NOT_ERASED 6
!define DOES_NOT_START 7

Name "Conclave"
OutFile "${OUT}"
BrandingText "Conclave ${VERSION}"
InstallDir "$LOCALAPPDATA\Programs\Conclave"

VIProductVersion "${VERSION_OF_FILE}"
VIAddVersionKey /LANG=0 "ProductName" "Conclave"
VIAddVersionKey /LANG=0 "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "FileDescription" "Conclave, installer"
VIAddVersionKey /LANG=0 "CompanyName" "${PUBLISHER}"
VIAddVersionKey /LANG=0 "LegalCopyright" "${PUBLISHER}, GPL-3.0-or-later"

Var InPlace ; the folder of the version that is installed already, "" for none
Var OnDesktop ; 1: with an icon on the desktop
Var Firewall ; 1: have the firewall let others in, or no more
Var MayClose ; 1: without a question, where nobody can be asked
Var Replaces ; 1: from when the version before is set aside to when the new one is in place
Var Erases ; 1: the person's data goes, too
Var Box
Var OtherBox

; Pages -------------------------------------------------------------------------------------------

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_WELCOMEFINISHPAGE_BITMAP "${SIDE}"
!define MUI_WELCOMEFINISHPAGE_BITMAP_STRETCH AspectFitHeight
!define MUI_FINISHPAGE_RUN "$INSTDIR\${PROGRAM}"

Page custom ShowChoices TakeChoices
!define MUI_PAGE_CUSTOMFUNCTION_PRE OnlyTheFirstTime
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
UninstPage custom un.ShowData un.TakeData
!insertmacro MUI_UNPAGE_INSTFILES

!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"
!include words_english.nsh
!include words_german.nsh

Function ShowChoices
  !insertmacro MUI_HEADER_TEXT "$(ChoicesTitle)" "$(ChoicesHint)"
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateCheckbox} 0 0 100% 12u "$(DesktopOffer)"
  Pop $Box
  ${NSD_SetState} $Box $OnDesktop
  StrCpy $OtherBox ""
  ReadRegStr $0 HKCU "${UNINSTALL_KEY}" "FirewallRule"
  ${If} $0 == "" ; else it was made before
    ${NSD_CreateCheckbox} 0 28u 100% 12u "$(FirewallOffer)"
    Pop $OtherBox
    ${NSD_SetState} $OtherBox $Firewall
    ${NSD_CreateLabel} 12u 42u 95% 70u "$(FirewallReason)"
    Pop $0
  ${EndIf}
  nsDialogs::Show
FunctionEnd

Function TakeChoices
  ${NSD_GetState} $Box $OnDesktop
  ${If} $OtherBox != ""
    ${NSD_GetState} $OtherBox $Firewall
  ${EndIf}
FunctionEnd

Function OnlyTheFirstTime
  ${If} $InPlace != ""
    Abort
  ${EndIf}
FunctionEnd

Function un.ShowData
  !insertmacro MUI_HEADER_TEXT "$(DataTitle)" "$(DataHint)"
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateRadioButton} 0 0 100% 12u "$(DataKeep)"
  Pop $Box
  ${NSD_CreateLabel} 12u 14u 95% 24u "$(DataKeepMeans)"
  Pop $0
  ${NSD_CreateRadioButton} 0 44u 100% 12u "$(DataErase)"
  Pop $OtherBox
  ${NSD_CreateLabel} 12u 58u 95% 24u "$(DataEraseMeans)"
  Pop $0
  ${If} $Erases == 1
    ${NSD_Check} $OtherBox
  ${Else}
    ${NSD_Check} $Box
  ${EndIf}
  nsDialogs::Show
FunctionEnd

Function un.TakeData
  ${NSD_GetState} $OtherBox $Erases
FunctionEnd

; Both ways ---------------------------------------------------------------------------------------

!macro GIVE_UP code words
  SetErrorLevel ${code}
  MessageBox MB_OK|MB_ICONEXCLAMATION "${words}" /SD IDOK
  Abort
!macroend

; A program that runs cannot be written to. $0 is 1 then.
!macro LOOK_WHETHER_OPEN program
  ${If} ${FileExists} "$INSTDIR\${program}"
    ClearErrors
    FileOpen $1 "$INSTDIR\${program}" a
    ${If} ${Errors}
      StrCpy $0 1
    ${Else}
      FileClose $1
    ${EndIf}
  ${EndIf}
!macroend

!macro CLOSE_WHAT_IS_OPEN un
  Function ${un}IsOpen
    StrCpy $0 0
    !insertmacro LOOK_WHETHER_OPEN "${PROGRAM}"
    !insertmacro LOOK_WHETHER_OPEN "${IN_TERMINAL}"
  FunctionEnd

  Function ${un}CloseWhatIsOpen
    Call ${un}IsOpen
    ${If} $0 == 0
      Return
    ${EndIf}
    ${If} ${Silent}
    ${AndIf} $MayClose == 0
      SetErrorLevel ${STILL_OPEN}
      Abort
    ${EndIf}
    MessageBox MB_OKCANCEL|MB_ICONQUESTION "$(IsOpen)" /SD IDOK IDOK again
    SetErrorLevel ${STILL_OPEN}
    Abort
    again:
    nsExec::Exec /TIMEOUT=20000 '"$INSTDIR\${IN_TERMINAL}" --close'
    Pop $0
    ${For} $2 1 30
      Call ${un}IsOpen
      ${If} $0 == 0
        Return
      ${EndIf}
      Sleep 500
    ${Next}
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(StaysOpen)" /SD IDCANCEL IDRETRY again
    SetErrorLevel ${STILL_OPEN}
    Abort
  FunctionEnd

  Function ${un}RemoveProgram
    RMDir /r "$INSTDIR\_internal"
    Delete "$INSTDIR\${PROGRAM}"
    Delete "$INSTDIR\${IN_TERMINAL}"
  FunctionEnd
!macroend
!insertmacro CLOSE_WHAT_IS_OPEN ""
!insertmacro CLOSE_WHAT_IS_OPEN "un."

!macro OPTION name variable
  ClearErrors
  ${GetOptions} $R0 "${name}" $R1
  ${IfNot} ${Errors}
    StrCpy ${variable} 1
  ${EndIf}
!macroend

; Install -----------------------------------------------------------------------------------------

Function .onInit
  ${IfNot} ${AtLeastBuild} ${OLDEST_WINDOWS}
  ${OrIfNot} ${RunningX64}
    !insertmacro GIVE_UP ${UNFIT_SYSTEM} "$(UnfitSystem)"
  ${EndIf}
  StrCpy $MayClose 0
  StrCpy $Firewall 0
  StrCpy $OnDesktop 0
  StrCpy $Replaces 0
  ReadRegStr $InPlace HKCU "${UNINSTALL_KEY}" "InstallLocation"
  ${If} $InPlace != ""
    StrCpy $INSTDIR $InPlace ; there is one installation, wherever it lies
  ${EndIf}
  ${If} ${FileExists} "$DESKTOP\Conclave.lnk"
    StrCpy $OnDesktop 1
  ${EndIf}
  ${GetParameters} $R0
  !insertmacro OPTION "/CLOSE" $MayClose
  !insertmacro OPTION "/FIREWALL" $Firewall
  !insertmacro OPTION "/DESKTOP" $OnDesktop
FunctionEnd

Section
  Call CloseWhatIsOpen
  Call SetAside
  !include "${FILES}"
  SetOutPath "$TEMP" ; a folder that is somebody's current one cannot be removed
  Call TryIt
  WriteUninstaller "$INSTDIR\uninstall.exe"
  StrCpy $Replaces 0
  RMDir /r "$INSTDIR\${BEFORE}"
  Call TellTheSystem
  ${If} $Firewall == 1
    Call LetOthersIn
  ${EndIf}
SectionEnd

; The version before stays, in a folder aside, until the new one has started: a full disk or a
; program that does not run here leaves everything as it was.
Function SetAside
  ${If} ${FileExists} "$INSTDIR\${BEFORE}\*.*" ; the last installation was cut short
    StrCpy $Replaces 1
    Call RemoveProgram
    Return
  ${EndIf}
  ${IfNot} ${FileExists} "$INSTDIR\${PROGRAM}"
    ${If} ${FileExists} "$INSTDIR\_internal\*.*"
      !insertmacro GIVE_UP ${FOREIGN_FOLDER} "$(ForeignFolder)"
    ${EndIf}
    StrCpy $Replaces 1
    Return
  ${EndIf}
  CreateDirectory "$INSTDIR\${BEFORE}"
  StrCpy $Replaces 1
  ClearErrors
  Rename "$INSTDIR\_internal" "$INSTDIR\${BEFORE}\_internal"
  ${IfNot} ${Errors}
    Rename "$INSTDIR\${PROGRAM}" "$INSTDIR\${BEFORE}\${PROGRAM}"
    Rename "$INSTDIR\${IN_TERMINAL}" "$INSTDIR\${BEFORE}\${IN_TERMINAL}"
    Return
  ${EndIf}
  RMDir "$INSTDIR\${BEFORE}"
  StrCpy $Replaces 0
  !insertmacro GIVE_UP ${STILL_OPEN} "$(StaysOpen)"
FunctionEnd

Function .onInstFailed
  ${If} $Replaces == 0
    Return
  ${EndIf}
  SetOutPath "$TEMP"
  Call RemoveProgram
  ${If} ${FileExists} "$INSTDIR\${BEFORE}\*.*"
    Rename "$INSTDIR\${BEFORE}\_internal" "$INSTDIR\_internal"
    Rename "$INSTDIR\${BEFORE}\${PROGRAM}" "$INSTDIR\${PROGRAM}"
    Rename "$INSTDIR\${BEFORE}\${IN_TERMINAL}" "$INSTDIR\${IN_TERMINAL}"
    RMDir "$INSTDIR\${BEFORE}"
  ${Else}
    RMDir "$INSTDIR"
  ${EndIf}
FunctionEnd

Function TryIt
  nsExec::ExecToStack /TIMEOUT=120000 '"$INSTDIR\${IN_TERMINAL}" --version'
  Pop $0
  Pop $1
  ${If} $0 != 0
    DetailPrint "$1"
    !insertmacro GIVE_UP ${DOES_NOT_START} "$(DoesNotStart)"
  ${EndIf}
FunctionEnd

Function TellTheSystem
  SetOutPath "$INSTDIR" ; where the program starts
  CreateShortcut "$SMPROGRAMS\Conclave.lnk" "$INSTDIR\${PROGRAM}" "" "$INSTDIR\${PROGRAM}" 0 \
    SW_SHOWNORMAL "" "$(WhatItIs)"
  ${If} $OnDesktop == 1
    CreateShortcut "$DESKTOP\Conclave.lnk" "$INSTDIR\${PROGRAM}" "" "$INSTDIR\${PROGRAM}" 0 \
      SW_SHOWNORMAL "" "$(WhatItIs)"
  ${Else}
    Delete "$DESKTOP\Conclave.lnk"
  ${EndIf}
  ${If} $InPlace == "" ; later the settings of the program decide
    WriteRegStr HKCU "${LINKS_KEY}" "" "URL:Conclave"
    WriteRegStr HKCU "${LINKS_KEY}" "URL Protocol" ""
    WriteRegStr HKCU "${COMMAND_KEY}" "" '"$INSTDIR\${PROGRAM}" -- "%1"'
  ${EndIf}
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayName" "Conclave"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\${PROGRAM}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "Publisher" "${PUBLISHER}"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "EstimatedSize" ${KILOBYTES}
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL_KEY}" "NoRepair" 1
FunctionEnd

; Only this needs an administrator, whom Windows itself asks for; refused, the rest is installed.
Function LetOthersIn
  ReadRegStr $0 HKCU "${UNINSTALL_KEY}" "FirewallRule"
  ${If} $0 == "$INSTDIR\${PROGRAM}"
    Return
  ${EndIf}
  ClearErrors
  ExecShellWait "runas" "$SYSDIR\netsh.exe" 'advfirewall firewall add rule name="${RULE}" dir=in \
action=allow program="$INSTDIR\${PROGRAM}" profile=private' SW_HIDE
  ${If} ${Errors}
    DetailPrint "$(FirewallRefused)"
  ${Else}
    WriteRegStr HKCU "${UNINSTALL_KEY}" "FirewallRule" "$INSTDIR\${PROGRAM}"
  ${EndIf}
FunctionEnd

!include uninstall.nsh
