// Runs `journey_page.dart` on the list of navigations that every language runs, and on permissions:
// `dart --packages=packages.json check.dart VECTORS`

import 'dart:convert';
import 'dart:io';

import 'package:webview_flutter/webview_flutter.dart';

import 'journey_page.dart';

Future<void> main(List<String> arguments) async {
  final vectors = jsonDecode(File('${arguments[0]}/read/navigation.json').readAsStringSync());
  final List<dynamic> ways = vectors['journey']['ways'], cases = vectors['cases'];
  final Map<String, dynamic> own = ways.firstWhere((way) => way['type'] == 'web_view');
  // A web view that has the ends of all ways, with their conditions, ends exactly where `read` gives a hint.
  final all = {...own, 'finish': [for (final way in ways) ...?way['finish']]};
  var ended = 0;
  for (final one in cases) {
    final String url = one['seen']['url'];
    final ends = one['hint'] != null;
    ended += ends ? 1 : 0;
    expect(endsOf(all, url), ends, '${one['id']}');
    // The web view has its own ends, and none of another way's.
    expect(endsOf(own, url), ends && !url.contains('//merchant.example'), '${one['id']}, of the web view alone');
  }
  expect(ended > 20 && cases.length - ended > 50, true, 'the list has lost cases');
  expect(isEnd({'finish': [{'on': {'type': 'handler', 'names': ['a']}}]}, 'https://a.example/'), false, 'a handler');
  expect(isEnd({'finish': [{'on': {'type': 'navigation', 'url': 'https://a.example/b?c=1'}}]}, 'https://a.example/b/?d=2'), true,
      'an end without conditions, whose place has a query');
  await permissions(own);
  print('journey_page.dart finds $ended ends among ${cases.length} navigations, once each and by every event, and nothing else');
}

/// Whether the page ends at this URL: each event has to say the same, and the end is told once.
bool endsOf(Map<String, dynamic> way, String url) {
  final found = <bool>{};
  for (final event in ['request', 'started', 'changed']) {
    final told = <String>[];
    final page = opened(way, told.add);
    for (var turn = 0; turn < 2; turn++) {
      if (event == 'started') page.delegate.onPageStarted!(url);
      if (event == 'changed') page.delegate.onUrlChange!(UrlChange(url: url));
      if (event != 'request') continue;
      final decision = page.delegate.onNavigationRequest!(NavigationRequest(url: url, isMainFrame: true));
      expect(decision == NavigationDecision.prevent, told.isNotEmpty, '$url: $decision');
    }
    expect(told.length < 2, true, '$url: told twice');
    expect(told.every((one) => one == url), true, '$url: told $told');
    found.add(told.isNotEmpty);
  }
  final told = <String>[];
  final page = opened(way, told.add);
  page.delegate.onUrlChange!(UrlChange(url: null));
  final inside = page.delegate.onNavigationRequest!(NavigationRequest(url: url, isMainFrame: false));
  expect(inside == NavigationDecision.navigate && told.isEmpty, true, '$url: a frame inside ends it');
  expect(found.length, 1, '$url: the events differ');
  return found.single;
}

Future<void> permissions(Map<String, dynamic> way) async {
  const camera = WebViewPermissionResourceType.camera, microphone = WebViewPermissionResourceType.microphone;
  const other = WebViewPermissionResourceType('location');
  Future<bool?> asked(List<String> wanted, Set<WebViewPermissionResourceType> types, {String? at}) async {
    final page = opened({...way, 'url': 'https://provider.example/flow', 'permissions': wanted}, (_) {});
    page.shown = at ?? page.shown;
    final request = WebViewPermissionRequest(types);
    page.onPermissionRequest!(request);
    await Future<void>.delayed(Duration.zero);
    return request.granted;
  }

  expect(await asked(['camera'], {camera}), true, 'what the journey asks for');
  expect(await asked(['camera', 'microphone'], {camera, microphone}), true, 'both');
  expect(await asked(['camera'], {camera, microphone}), false, 'one that it does not ask for');
  expect(await asked([], {camera}), false, 'none asked for');
  expect(await asked(['camera'], {other}), false, 'another kind');
  expect(await asked(['camera'], {camera}, at: 'https://provider.example:8443/flow'), false, 'another port');
  expect(await asked(['camera'], {camera}, at: 'http://provider.example/flow'), false, 'no TLS');
  expect(await asked(['camera'], {camera}, at: 'about:blank'), false, 'no site');
}

/// The page as Flutter would show it.
WebViewController opened(Map<String, dynamic> way, void Function(String url) onEnd) {
  final page = JourneyPage(way: way, onEnd: onEnd);
  final dynamic state = page.createState();
  state.widget = page;
  state.initState();
  expect(WebViewController.last.loaded.toString(), Uri.parse(way['url']).toString(), 'the page is loaded');
  return WebViewController.last;
}

void expect(Object? found, Object? wanted, String what) {
  if (found == wanted) return;
  stderr.writeln('$what: $found in place of $wanted');
  exit(1);
}
