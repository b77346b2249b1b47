-- Captions of the whole soundtrack in mpv: Ctrl+c captions the file that plays and shows its captions; if it was
-- captioned before, they are shown at once. Version 0.1.0; needs mpv 0.33 or newer and the media-captioner command.
-- SPDX-License-Identifier: Apache-2.0

local mp = require "mp"
local utils = require "mp.utils"
local msg = require "mp.msg"

local options = {
    command = "media-captioner", -- the program, or its full path
    folder = "",                 -- where captions go; empty: beside the file
    auto = false,                -- caption every file that is opened
}
require("mp.options").read_options(options, "media_captioner")

local TITLE = "media_captioner"
local running -- the path of the file that is being captioned, and how to stop it

local function tell(text, level)
    mp.osd_message("media-captioner: " .. text, 5)
    msg[level or "info"](text)
end

-- Take away our track of an earlier run; tracks of others stay.
local function forget()
    for _, track in ipairs(mp.get_property_native("track-list") or {}) do
        if track.type == "sub" and track.external and track.title == TITLE then
            mp.commandv("sub-remove", track.id)
        end
    end
end

local function show(path, file)
    if mp.get_property("path") ~= path then
        msg.info("captioned " .. path .. ", which is not playing any more")
        return
    end
    forget()
    mp.commandv("sub-add", file, "select", TITLE)
    mp.set_property_bool("sub-visibility", true)
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
        tell("cannot caption: " .. why, "error")
        return
    end
    for _, track in ipairs(answer.tracks) do
        for _, file in ipairs(track.files or {}) do
            if file:match("%.vtt$") then
                show(path, file)
                tell(("%d captions"):format(track.cues or 0))
                return
            end
        end
    end
    tell("nothing was written; is a file in the way that somebody edited?", "warn")
end

local function caption()
    local path = mp.get_property("path")
    if not path then return tell("no file is playing", "warn") end
    if path:match("^%a[%w+.-]+://") then return tell("only files can be captioned, not streams", "warn") end
    if running then return tell("still captioning " .. running, "warn") end
    local full = utils.join_path(mp.get_property("working-directory") or "", path)
    local call = { options.command, "caption", "--json", full }
    if options.folder ~= "" then
        call = { options.command, "caption", "--json", "--out", mp.command_native({ "expand-path", options.folder }), full }
    end
    running = path
    local began = mp.get_time()
    local clock = mp.add_periodic_timer(2, function()
        mp.osd_message(("media-captioner: listening, %d s ..."):format(mp.get_time() - began), 3)
    end)
    mp.osd_message("media-captioner: listening ...", 3)
    mp.command_native_async({
        name = "subprocess", args = call, capture_stdout = true, capture_stderr = true, playback_only = false,
    }, function(_, result)
        running = nil
        clock:kill()
        result = result or {}
        if result.error_string == "init" then
            return tell(("cannot start %q: install media-captioner, or name it in script-opts/media_captioner.conf")
                :format(options.command), "error")
        end
        answered(path, result)
    end)
end

mp.add_key_binding("Ctrl+c", "caption", caption)
mp.register_script_message("caption", caption)
if options.auto then mp.register_event("file-loaded", caption) end
