/* Looks at every frame of this page, and says what is wrong with it. */
'use strict';

function boxes(root) {
  return Array.from(root.querySelectorAll('text')).map(function (text) {
    var r = text.getBoundingClientRect();
    var inset = r.height * 0.2; /* room for accents, which nobody sees */
    return {
      words: text.textContent, left: r.left + 0.5, right: r.right - 0.5,
      top: r.top + inset, bottom: r.bottom - inset
    };
  });
}

function collisions(root, name) {
  var all = boxes(root), found = [], frame = root.getBoundingClientRect();
  all.sort(function (a, b) { return a.left - b.left; });
  all.forEach(function (a, i) {
    if (a.left < frame.left - 1 || a.right > frame.right + 1 ||
        a.top < frame.top - 1 || a.bottom > frame.bottom + 1)
      found.push(name + ': “' + a.words + '” leaves the drawing');
    for (var k = i + 1; k < all.length && all[k].left < a.right; k++)
      if (all[k].top < a.bottom && all[k].bottom > a.top)
        found.push(name + ': “' + a.words + '” and “' + all[k].words +
                   '” collide');
  });
  return found;
}

function differ(what, drawn, told) {
  return drawn === told ? [] : [what + ': ' + drawn + ' drawn of ' + told];
}

/* A schedule has neither a map nor names of its own, and is drawn twice. */
function parts(map, log, names, story) {
  function count(root, what) {
    return new Set(Array.from(root.querySelectorAll('[data-' + what + ']'),
      function (e) { return e.getAttribute('data-' + what); })).size;
  }
  if (story.schedule)
    return [].concat(
      differ('lanes', count(log, 'lane'), story.lanes.length),
      differ('names', count(log, 'name'), story.lanes.length),
      differ('steps', count(log, 'step'), story.steps.length),
      differ('crossings', count(log, 'crossing'), story.crossings.length));
  return [].concat(
    differ('islands', count(map, 'lane'), story.lanes.length),
    differ('flows', count(map, 'flow'), story.flows.length),
    differ('holds', count(map, 'hold'), story.holds.length),
    differ('lanes', count(log, 'lane'), story.lanes.length),
    differ('names', count(names, 'name'), story.lanes.length),
    differ('steps', count(log, 'step'), story.steps.length),
    differ('crossings', count(log, 'crossing'), story.crossings.length),
    differ('missing closes', count(log, 'ghost'),
      story.holds.filter(function (h) { return h.wrong; }).length));
}

/* drawing: the map, or the order. */
function fits(doc, win, drawing) {
  var found = [], scale = drawing.getBoundingClientRect().width /
    drawing.viewBox.baseVal.width;
  if (doc.documentElement.scrollWidth > win.innerWidth)
    found.push('the page is ' + doc.documentElement.scrollWidth + ' wide');
  Array.from(drawing.querySelectorAll('text')).forEach(function (text) {
    var size = parseFloat(win.getComputedStyle(text).fontSize) * scale;
    if (size < 9.5)
      found.push('“' + text.textContent + '” is ' + size + ' px high');
  });
  return found;
}

function sticks(doc) {
  var log = doc.getElementById('log'), names = doc.querySelector('.names');
  log.scrollLeft = 150;
  var off = names.getBoundingClientRect().left -
    log.getBoundingClientRect().left;
  log.scrollLeft = 0;
  return Math.abs(off) < 4 ? [] : ['the names moved by ' + off];
}

function touch(doc, win, story) {
  var found = [], strip = doc.getElementById('strip');
  var log = doc.getElementById('log');
  var hint = strip.textContent;
  if (strip.hidden)
    found.push('the strip is hidden');
  story.steps.forEach(function (step, i) {
    var g = doc.querySelector('#log [data-step="' + i + '"]');
    if (i % 7 && i !== story.steps.length - 1)
      return;
    g.dispatchEvent(new win.MouseEvent('click', {bubbles: true}));
    var call = doc.documentElement.lang === 'en' || !story.schedule ?
      (step.call || '').replace(/^↯ switched away.*/, 'switched away') : '';
    if (strip.textContent.indexOf(call.slice(0, 20)) < 0 ||
        strip.textContent === hint)
      found.push('a tap on step ' + i + ' shows ' + strip.textContent);
    var mates = story.crossings.filter(function (c) {
      return c.write === i || c.read === i;
    });
    if (doc.querySelector('svg.log').querySelectorAll('.crossing.lit')
      .length !== mates.length)
      found.push('step ' + i + ' does not light what crossed');
  });
  if (!story.steps.length)
    return found;
  log.dispatchEvent(new win.KeyboardEvent('keydown', {key: 'Escape',
    bubbles: true}));
  if (strip.textContent !== hint)
    found.push('Escape does not let go');
  log.dispatchEvent(new win.KeyboardEvent('keydown', {key: 'ArrowRight',
    bubbles: true}));
  if (!doc.querySelector('.step.on[data-step="0"]'))
    found.push('the arrow key does not begin with the first step');
  return found;
}

/* Of two drawings, for narrow screens and for wide ones. */
function shown(doc, which) {
  return Array.from(doc.querySelectorAll(which)).filter(
    function (svg) { return svg.getBoundingClientRect().width > 0; })[0];
}

function look(frame) {
  var win = frame.contentWindow, doc = frame.contentDocument;
  var seen = {page: frame.getAttribute('src'), width: frame.width,
    errors: [], parts: [], places: [], fits: [], touch: []};
  win.onerror = function (what) { seen.errors.push(String(what)); };
  try {
    var story = JSON.parse(doc.getElementById('story').textContent);
    var map = shown(doc, 'svg.map');
    var log = shown(doc, 'svg.log');
    var names = doc.querySelector('svg.names');
    if (!doc.body.classList.contains('live'))
      seen.errors.push('the script did not come to its end');
    if (win.performance.getEntriesByType('resource').length)
      seen.errors.push('it asks for ' +
        win.performance.getEntriesByType('resource')[0].name);
    seen.parts = parts(map, log, names, story);
    seen.places = collisions(log, 'log');
    seen.fits = fits(doc, win, map || log);
    if (!story.schedule) {
      seen.places = seen.places.concat(collisions(map, 'map'),
        collisions(names, 'names'));
      seen.fits = seen.fits.concat(sticks(doc));
    }
    seen.touch = touch(doc, win, story);
  } catch (error) {
    seen.errors.push(String(error));
  }
  return seen;
}

window.addEventListener('load', function () {
  var pre = document.createElement('pre');
  pre.id = 'seen';
  pre.textContent = JSON.stringify(
    Array.from(document.querySelectorAll('iframe'), look));
  document.body.appendChild(pre);
});
