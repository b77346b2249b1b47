-- Captions of the whole soundtrack in mpv: Ctrl+c captions the file that plays and shows its captions as they come;
-- Alt+c shows and hides them. Captions that lie beside a file are offered when it is opened.
-- Version 0.2.0; needs mpv 0.33 or newer and the media-captioner command.
-- SPDX-License-Identifier: Apache-2.0

local mp = require "mp"
local utils = require "mp.utils"
local msg = require "mp.msg"

local options = {
    command = os.getenv("MEDIA_CAPTIONER_COMMAND") or "media-captioner", -- the program, or its full path
    folder = "",   -- where captions go; empty: beside the file
    auto = false,  -- caption every file that is opened
    offer = true,  -- captions of an earlier run are added, not shown, when a file is opened
}
require("mp.options").read_options(options, "media_captioner")

local TITLE = "media_captioner"
local SCHEMA = "media_captioner/sidecar@1"
local running -- the path of the file that is being captioned
local known   -- the captions of the file that plays, where there are some
local early   -- the file with what was heard so far, while it is
local before  -- the subtitle track that was shown before ours

local function tell(text, level)
    mp.osd_message("media-captioner: " .. text, 5)
    msg[level or "info"](text)
end

local function subtitles()
    local found = {}
    for _, track in ipairs(mp.get_property_native("track-list") or {}) do
        if track.type == "sub" and track.external then found[#found + 1] = track end
    end
    return found
end

local function full(path)
    return utils.join_path(mp.get_property("working-directory") or "", path)
end

-- The track of a file, whoever added it.
local function track_of(file)
    for _, track in ipairs(subtitles()) do
        if file and full(track["external-filename"]) == full(file) then return track end
    end
end

-- Our track: one that was added here, or the captions as mpv found them by itself.
local function ours()
    for _, track in ipairs(subtitles()) do
        if track.title == TITLE then return track end
    end
    return track_of(known)
end

-- Take away our track of an earlier run; tracks of others stay.
local function forget()
    for _, track in ipairs(subtitles()) do
        if track.title == TITLE then mp.commandv("sub-remove", track.id) end
    end
end

-- Of the files that were written, the captions: the shortest name, because other tracks say more after the language.
local function captions_of(files)
    local best
    for _, ending in ipairs { "%.vtt$", "%.srt$" } do
        for _, file in ipairs(files) do
            if file:match(ending) and (not best or #file < #best) then best = file end
        end
        if best then return best end
    end
end

-- Show captions in place of those of before, or keep them hidden where those of this run were hidden.
local function show(file)
    local shown = track_of(early)
    local hidden = shown and not shown.selected
    forget()
    known = file
    local track = track_of(file)
    if track then -- mpv found it by itself: a second one would be one too many
        mp.commandv("sub-reload", track.id)
        if not hidden then mp.set_property("sid", (track_of(file) or track).id) end
    else
        mp.commandv("sub-add", file, hidden and "auto" or "select", TITLE)
    end
    if not hidden then mp.set_property_bool("sub-visibility", true) end
end

-- The answer of `media-captioner caption --json`: one JSON object for each file.
local function answered(path, result)
    local answer
    for line in (result.stdout or ""):gmatch("[^\r\n]+") do
        local parsed = utils.parse_json(line)
        if type(parsed) == "table" and parsed.source then answer = parsed end
    end
    if result.status ~= 0 or not answer or type(answer.tracks) ~= "table" then
        local why = answer and answer.reason
        if type(why) ~= "string" then
            why = (result.stderr or ""):match("[Ee]rror:%s*([^\r\n]+)") or "it gave no answer; update media-captioner"
        end
        if why:match("[Nn]o such option") then why = "it is older than this script; update media-captioner" end
        forget()
        tell("cannot caption: " .. why, "error")
        return
    end
    for _, track in ipairs(answer.tracks) do
        local file = captions_of(track.files or {})
        if file then
            if mp.get_property("path") ~= path then
                msg.info("captioned " .. path .. ", which is not playing any more")
                return
            end
            show(file)
            tell(("%d captions"):format(track.cues or 0))
            return
        end
    end
    tell("nothing was written; is a file in the way that somebody edited?", "warn")
end

-- Where the file that plays is on the disk; nil for streams.
local function local_path()
    local path = mp.get_property("path")
    if not path or path:match("^%a[%w+.-]+://") then return nil end
    return full(path)
end

local function discard()
    if early then os.remove(early) end
    early = nil
end

-- Show what was heard so far; called every second.
local function look(path, seen)
    local info = early and utils.file_info(early)
    if not info or mp.get_property("path") ~= path then return seen end
    local state = info.size .. "/" .. info.mtime
    if state ~= seen then show(early) end
    return state
end

local function caption()
    local path = mp.get_property("path")
    if not path then return tell("no file is playing", "warn") end
    local source = local_path()
    if not source then return tell("only files can be captioned, not streams", "warn") end
    if running then return tell("still captioning " .. running, "warn") end
    local scratch = os.tmpname()
    os.remove(scratch)
    early = scratch .. ".vtt"
    local call = { options.command, "caption", "--json", "--early", early }
    if options.folder ~= "" then
        call[#call + 1] = "--out"
        call[#call + 1] = mp.command_native({ "expand-path", options.folder })
    end
    call[#call + 1] = "--"
    call[#call + 1] = source
    running = path
    local began, seen = mp.get_time(), nil
    local clock = mp.add_periodic_timer(1, function()
        seen = look(path, seen)
        if not seen then
            mp.osd_message(("media-captioner: listening, %d s ..."):format(mp.get_time() - began), 3)
        end
    end)
    mp.osd_message("media-captioner: listening ...", 3)
    mp.command_native_async({
        name = "subprocess", args = call, capture_stdout = true, capture_stderr = true, playback_only = false,
    }, function(_, result)
        running = nil
        clock:kill()
        result = result or {}
        if result.error_string == "init" then
            tell(("cannot start %q: install media-captioner, or name it in script-opts/media_captioner.conf")
                :format(options.command), "error")
        else
            answered(path, result)
        end
        discard()
    end)
end

local function toggle()
    local track = ours()
    if not track then return tell("there are no captions yet: Ctrl+c makes them", "warn") end
    if track.selected and mp.get_property_bool("sub-visibility") then
        mp.set_property("sid", before or "no")
        before = nil
    else
        if not track.selected then before = mp.get_property("sid") end
        mp.set_property("sid", track.id)
        mp.set_property_bool("sub-visibility", true)
    end
end

-- The captions that an earlier run left for a file, or nil and why they are of no use.
local function standing(source)
    local folder, name = utils.split_path(source)
    if options.folder ~= "" then folder = mp.command_native({ "expand-path", options.folder }) end
    for _, stem in ipairs { name, (name:gsub("%.[^.]*$", "")) } do
        local file = io.open(utils.join_path(folder, stem .. ".media_captioner.json"), "rb")
        local sidecar = file and utils.parse_json(file:read("*a"))
        if file then file:close() end
        if type(sidecar) == "table" then
            if sidecar.schema ~= SCHEMA then
                return nil, "the captions beside it are of another version: Ctrl+c captions it again"
            end
            local size = (utils.file_info(source) or {}).size
            if size and size ~= sidecar.media.fingerprint.size then
                return nil, "the file changed since it was captioned: Ctrl+c captions it again"
            end
            local files = {}
            for written in pairs(sidecar.outputs or {}) do files[#files + 1] = utils.join_path(folder, written) end
            local found = captions_of(files)
            if found and utils.file_info(found) then return found end
        end
    end
end

local function offer()
    before, known = nil, nil
    local source = local_path()
    if not source then return end
    local file, why = standing(source)
    if why then return tell(why, "warn") end
    if not file then return end
    known = file
    if not track_of(file) then mp.commandv("sub-add", file, "auto", TITLE) end
    tell("captions are there: Alt+c shows and hides them")
end

-- The version of an mpv that lacks what is used here, or nil. Builds between releases have no number, and are new enough.
local function too_old()
    local version = mp.get_property("mpv-version") or ""
    local major, minor = version:match("^mpv v?(%d+)%.(%d+)")
    if major == "0" and tonumber(minor) < 33 then return version end
end

local old = too_old()
if old then
    caption = function() tell("needs mpv 0.33 or newer, and this is " .. old .. "; update mpv", "error") end
    toggle, offer = caption, caption
end

mp.add_key_binding("Ctrl+c", "caption", caption)
mp.add_key_binding("Alt+c", "toggle", toggle)
mp.register_script_message("caption", caption)
mp.register_script_message("toggle", toggle)
mp.register_event("shutdown", discard)
if options.auto then
    mp.register_event("file-loaded", caption)
elseif options.offer then
    mp.register_event("file-loaded", offer)
end
