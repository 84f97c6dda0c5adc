@echo off
rem Conclave in one command. run.cmd opens it, run.cmd ARGUMENTS passes them on, run.cmd test tests it.
rem This part only finds Python 3.11 or newer, or installs it; packaging\bootstrap.py does the rest.
setlocal
set "fits=import sys; sys.exit(sys.version_info < (3, 11))"

set python="%~dp0.venv\Scripts\python.exe"
if exist %python% goto start
set "python=py -3.13"
%python% -c "%fits%" >nul 2>nul
if not errorlevel 1 goto start
set "python=py -3.12"
%python% -c "%fits%" >nul 2>nul
if not errorlevel 1 goto start
set "python=py -3.11"
%python% -c "%fits%" >nul 2>nul
if not errorlevel 1 goto start
set "python=python"
%python% -c "%fits%" >nul 2>nul
if not errorlevel 1 goto start
set "python=uv run --no-project --python 3.13"
uv --version >nul 2>nul
if not errorlevel 1 goto start

echo Conclave: Python 3.11 or newer is missing here and will be installed. 1>&2
winget install --exact --id Python.Python.3.13 --silent --accept-source-agreements --accept-package-agreements 1>&2
set "python=py -3.13"
%python% -c "%fits%" >nul 2>nul
if not errorlevel 1 goto start
echo Conclave: install Python 3.11 or newer, then start again: https://www.python.org/downloads/ 1>&2
exit /b 1

:start
%python% "%~dp0packaging\bootstrap.py" %*
exit /b %errorlevel%
