; What the uninstaller does, part of conclave.nsi.

Function un.onInit
  StrCpy $MayClose 0
  StrCpy $Firewall 0
  StrCpy $Erases 0
  ${GetParameters} $R0
  !insertmacro OPTION "/CLOSE" $MayClose
  !insertmacro OPTION "/FIREWALL" $Firewall
  !insertmacro OPTION "/ERASE" $Erases
  ClearErrors
  ${GetOptions} $R0 "/KEEP" $R1
  ${IfNot} ${Errors}
    StrCpy $Erases 0 ; who says both is not sure
  ${EndIf}
FunctionEnd

Section Uninstall
  Call un.CloseWhatIsOpen
  ${If} $Erases == 1
    Call un.EraseData
  ${EndIf}
  Call un.UntellTheSystem
  Call un.LetNobodyIn
  SetOutPath "$TEMP"
  Call un.RemoveProgram
  RMDir /r "$INSTDIR\${BEFORE}"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  DeleteRegKey HKCU "${UNINSTALL_KEY}"
SectionEnd

Function un.EraseData
  nsExec::ExecToStack '"$INSTDIR\${IN_TERMINAL}" erase --yes'
  Pop $0
  Pop $1
  ${If} $0 != 0
    DetailPrint "$1"
    !insertmacro GIVE_UP ${DATA_NOT_ERASED} "$(DataNotErased)"
  ${EndIf}
FunctionEnd

Function un.UntellTheSystem
  Delete "$SMPROGRAMS\Conclave.lnk"
  Delete "$DESKTOP\Conclave.lnk"
  ReadRegStr $0 HKCU "${COMMAND_KEY}" ""
  ${If} $0 == '"$INSTDIR\${PROGRAM}" -- "%1"' ; else another program opens the links by now
    DeleteRegKey HKCU "${LINKS_KEY}"
  ${EndIf}
  StrCpy $3 '"$INSTDIR\${PROGRAM}"'
  StrLen $4 $3
  StrCpy $0 0
  ${Do} ; what starts with the computer, of every profile
    EnumRegValue $1 HKCU "${RUN_KEY}" $0
    ${If} $1 == ""
      ${ExitDo}
    ${EndIf}
    ReadRegStr $2 HKCU "${RUN_KEY}" $1
    StrCpy $2 $2 $4
    ${If} $2 == $3
      DeleteRegValue HKCU "${RUN_KEY}" $1
    ${Else}
      IntOp $0 $0 + 1
    ${EndIf}
  ${Loop}
FunctionEnd

Function un.LetNobodyIn
  ReadRegStr $0 HKCU "${UNINSTALL_KEY}" "FirewallRule"
  ${If} $0 == ""
    Return
  ${EndIf}
  ${If} ${Silent}
  ${AndIf} $Firewall == 0 ; silently means that Windows asks nothing, either
    UserInfo::GetAccountType
    Pop $1
    ${If} $1 != "Admin"
      Return
    ${EndIf}
  ${EndIf}
  ClearErrors
  ExecShellWait "runas" "$SYSDIR\netsh.exe" 'advfirewall firewall delete rule name="${RULE}" dir=in \
program="$0"' SW_HIDE
  ${If} ${Errors}
    DetailPrint "$(FirewallRefused)"
  ${EndIf}
FunctionEnd
